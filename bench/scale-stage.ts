import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { collect } from "#activities/collect.ts";
import { preprocess } from "#activities/preprocess.ts";
import { jsonBytes, jsonOf, type StageContext, type StageWork } from "#activities/stage.ts";
import { Config } from "#contracts/config.ts";
import { EventWindow } from "#contracts/window.ts";
import { toArrow } from "#datasets/arrow.ts";
import { readAuthored } from "#datasets/authored.ts";
import { startOfDate } from "#policy/logical-date.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { logOf } from "./scale-log.ts";

/**
 * One stage over one log in a process of its own, so that its memory is its own: `STAGE EVENTS FOLDER`. Prints what it took as
 * JSON. `collect` leaves the window and the day's partition in the folder for `preprocess` and the peer.
 */
export interface StageCost {
  /** CPU seconds, without what making the log took. */
  cpuSeconds: number;
  seconds: number;
  /** Highest resident memory of the process, in bytes. */
  peakBytes: number;
  outputBytes: number;
  metrics: StageWork["metrics"];
}

const DATE = "2026-11-24";
const [stage = "", total = "", folder = ""] = process.argv.slice(2);
const config = Config.parse({ preprocess: { windowDays: 1 } });
const authored = await readAuthored(fileURLToPath(new URL("../datasets", import.meta.url)));
const artefacts = folderArtefacts(join(folder, "artefacts"));
const registry = sqliteRegistry(join(folder, "registry.db"));
const classIds = new Map(authored.classes.map((name, index) => [name, index + 1]));
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
const windowFile = join(folder, "window.json");
const inputs: Record<string, () => Promise<Uint8Array>> = {
  authored: async () => toArrow(authored),
  keywords: async () => jsonBytes(authored.keywords),
  erasures: async () => jsonBytes([]),
  window: () => readFile(windowFile),
};
const context: StageContext = {
  call: {
    ...{ stage: stage === "collect" ? "01:collect" : "02:preprocess", activity: stage, key: "scale", inputs: {} },
    asked: { date: DATE },
    settings: config,
  } as StageContext["call"],
  signal: new AbortController().signal,
  report: () => undefined,
  input: async (role) => (inputs[role] as () => Promise<Uint8Array>)(),
};

const [cpu, wall] = [cpuNow(), performance.now()];
const done =
  stage === "collect"
    ? await collect({ registry, artefacts, edge: edge as never, codeDigests: {} })(context)
    : await preprocess({ artefacts, scratch: join(folder, "scratch") })(context);
const cost: StageCost = {
  cpuSeconds: cpuNow() - cpu - making,
  seconds: (performance.now() - wall) / 1000,
  peakBytes: process.resourceUsage().maxRSS * 1024,
  outputBytes: done.bytes.byteLength,
  metrics: done.metrics,
};
registry.close();
if (stage === "collect") {
  await writeFile(windowFile, done.bytes);
  // For the peer, which reads one file.
  for (const { sha256 } of EventWindow.parse(jsonOf(done.bytes)).days)
    await appendFile(join(folder, "events.jsonl"), Buffer.concat([await artefacts.get({ sha256 }), Buffer.from("\n")]));
}
console.log(JSON.stringify(cost));
