import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { collect } from "#activities/collect.ts";
import { deploy } from "#activities/deploy.ts";
import { offThread } from "#activities/off-thread.ts";
import { preprocess } from "#activities/preprocess.ts";
import { jsonBytes, jsonOf, type StageContext, type StageWork } from "#activities/stage.ts";
import { train } from "#activities/train.ts";
import { Config } from "#contracts/config.ts";
import { EventWindow } from "#contracts/window.ts";
import { toArrow } from "#datasets/arrow.ts";
import { readAuthored } from "#datasets/authored.ts";
import { startOfDate } from "#policy/logical-date.ts";
import { folderCheckpoints } from "#stores/checkpoints.ts";
import { sha256 } from "#stores/digest.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { createSigner, newSigningKey } from "#stores/signing.ts";
import { measure } from "#training/measure.ts";
import { findStage, sourceOf } from "#workflows/dag.ts";
import { dailyDag } from "#workflows/daily-batch.ts";
import { logOf } from "./scale-log.ts";

/**
 * One stage of a day over one log, in a process of its own, so that its memory is its own: `STAGE EVENTS FOLDER`. Prints what it took as
 * JSON. Each stage leaves what it made in the folder for the next. `collect` leaves the day as one file as well, for the peer.
 */
export interface StageCost {
  /** CPU seconds of all threads, without what making the log took. */
  cpuSeconds: number;
  seconds: number;
  /** Highest resident memory of the process, in bytes. */
  peakBytes: number;
  outputBytes: number;
  metrics: StageWork["metrics"];
}

const DATE = "2026-11-24";
const [name = "", total = "", folder = ""] = process.argv.slice(2);
const stage = findStage(dailyDag, name);
if (stage === undefined) throw new Error(`a day has no stage ${name}`);
// Of the training only the growth is looked at: a small one grows alike.
const config = Config.parse({
  preprocess: { windowDays: 1 },
  training: { max_dimension: 48, epochs: 6, dropout: 0.3, maxFeatures: 30_000 },
});
const authored = await readAuthored(fileURLToPath(new URL("../datasets", import.meta.url)));
const artefacts = folderArtefacts(join(folder, "artefacts"));
const registry = sqliteRegistry(join(folder, "registry.db"));
const scratch = join(folder, "scratch");
const classIds = new Map(authored.classes.map((label, index) => [label, index + 1]));
const texts = authored.examples
  .filter(({ split }) => split === "live")
  .map(({ text, lang, label }) => ({ text, lang: lang as "ja" | "en" | "zh", classId: classIds.get(label) ?? 1 }));
const log = logOf(texts, Number(total), startOfDate(DATE, config.timezone), authored.classes.length);

const cpuNow = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
let making = 0;
const edge = {
  events: async (after: number, limit: number) => {
    const before = cpuNow();
    const page = log(after, limit);
    making += cpuNow() - before;
    return page;
  },
};
const sources: Record<string, () => Uint8Array> = {
  authored: () => toArrow(authored),
  keywords: () => jsonBytes(authored.keywords),
  erasures: () => jsonBytes([]),
};
const madeBy = (input: string): string => join(folder, `${input.replace(/^\d+:/, "")}.out`);
const given = new Map<string, Uint8Array>();
for (const [role, input] of Object.entries(stage.inputs)) {
  const source = sourceOf(input);
  if (source === undefined) given.set(role, await readFile(madeBy(input)));
  else if (sources[source]) given.set(role, sources[source]());
}
const context: StageContext = {
  call: {
    ...{ stage: stage.name, activity: stage.activity, key: "scale", asked: { date: DATE, seed: 384 } },
    settings: { ...config },
    inputs: Object.fromEntries(
      [...given].map(([role, bytes]) => [
        role,
        { uri: "", sha256: sha256(bytes), bytes: bytes.byteLength, kind: "dataset" },
      ]),
    ),
  },
  signal: new AbortController().signal,
  report: () => undefined,
  input: async (role) => given.get(role) as Uint8Array,
};
const works: Record<string, (context: StageContext) => Promise<StageWork>> = {
  collect: collect({ registry, artefacts, edge: edge as never, codeDigests: {} }),
  preprocess: preprocess({ artefacts, scratch }),
  train: train({ checkpoints: folderCheckpoints(join(folder, "checkpoints")), embeddings: join(folder, "embeddings") }),
  validate: offThread("validate"),
  compress: offThread("compress"),
  deploy: deploy({
    ...{ artefacts, scratch, signer: createSigner(newSigningKey()), codeDigests: {}, now: Date.now },
    measureAsServed: async (asked) => measure(asked),
  }),
};

const [cpu, wall] = [cpuNow(), performance.now()];
const done = await (works[stage.activity] as (context: StageContext) => Promise<StageWork>)(context);
const cost: StageCost = {
  cpuSeconds: cpuNow() - cpu - making,
  seconds: (performance.now() - wall) / 1000,
  peakBytes: process.resourceUsage().maxRSS * 1024,
  outputBytes: done.bytes.byteLength,
  metrics: done.metrics,
};
registry.close();
await writeFile(madeBy(stage.name), done.bytes);
for (const [role, { bytes }] of Object.entries(done.beside ?? {}))
  await writeFile(madeBy(`${stage.name}#${role}`), bytes);
if (stage.activity === "collect") {
  const day = join(folder, "events.jsonl");
  await rm(day, { force: true });
  for (const { sha256: part } of EventWindow.parse(jsonOf(done.bytes)).days)
    await writeFile(day, [await artefacts.get({ sha256: part }), "\n"], { flag: "a" });
}
console.log(JSON.stringify(cost));
