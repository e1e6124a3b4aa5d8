import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { TrainingConfig } from "#contracts/config.ts";
import { MAX_TEXT } from "#contracts/event.ts";
import type { Example } from "#contracts/example.ts";
import { readAuthored } from "#datasets/authored.ts";
import { type RunningWorker, startEdge, startWorker } from "#local/edge-server.ts";
import { createEdgeClient } from "#stores/edge.ts";
import { localEdgeBucket } from "#stores/edge-bucket.ts";
import { s3Artefacts } from "#stores/s3-artefacts.ts";
import { train } from "#training/train.ts";
import { type Figure, printFigures } from "./figures.ts";
import { processCpuMs } from "./process-cpu.ts";

/**
 * CPU that workerd spends on a request, by its own account in /proc: an empty Worker, and the edge answering authored queries
 * and the longest text there may be. Rounds take turns, so that what else the machine does falls on all.
 */
const { values: args } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    model: { type: "string" },
    n: { type: "string", default: "2000" },
  },
});
const N = Number(args.n);
const ROUNDS = 5;
const WARM_UP = 300;
const CONCURRENCY = 4;
const SECRET = "bench";
/** Specification 1.2.1: CPU in ms a request may take. */
const TOTAL_MS = 45;
type Send = (index: number) => Promise<Response>;
type Count = (text: string) => void;

async function sendAll(send: Send, n: number, count: Count): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < n) {
      const response = await send(next++);
      const text = await response.text();
      if (!response.ok) throw new Error(`${response.status}: ${text}`);
      count(text);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

const post = (url: string, text: string): Promise<Response> =>
  fetch(`${url}/api/classify`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text }),
  });

let asked = 0;

/** Asks each time what was never asked: the text's first characters make room for a number, so that no cache knows it. */
const classify =
  (url: string, texts: readonly string[]): Send =>
  (index) => {
    const number = `${asked++} `;
    return post(url, (number + texts[index % texts.length]).slice(0, MAX_TEXT));
  };

/** What a model weighs and costs does not depend on how good it is: one epoch gives it its true size. */
async function modelBytes(examples: readonly Example[], classes: readonly string[]): Promise<Uint8Array> {
  if (args.model !== undefined) return readFile(args.model);
  return (await train({ examples, classes, options: TrainingConfig.parse({ epochs: 1 }), seed: 384 })).model;
}

/** The longest text that is hardest to read: scripts change, emoji are joined, marks combine; what the model knows is among it. */
const mixed = (texts: readonly string[]): string =>
  texts
    .map(
      (text, index) =>
        `${text.slice(0, 12)}e\u0301\u0323 か\u3099😭👩‍👩‍👧 should I quit${String.fromCodePoint(0x4e00 + 37 * index)}`,
    )
    .join("")
    .slice(0, MAX_TEXT);

const EMPTY_WORKER = `export default { fetch: () => new Response("{}", { headers: { "content-type": "application/json" } }) };`;

const home = await mkdtemp(join(tmpdir(), "haqei-bench-"));
const running: Pick<RunningWorker, "stop">[] = [];
try {
  const { examples, classes, readings } = await readAuthored(join(import.meta.dirname, "..", "datasets"));
  const bytes = await modelBytes(
    examples.filter(({ split }) => split === "train"),
    classes,
  );
  const texts = examples.filter(({ split }) => split === "test").map(({ text }) => text);
  const longest = texts.join("").repeat(5).slice(0, MAX_TEXT);

  const modules = { "index.js": { type: "esm" as const, contents: EMPTY_WORKER } };
  const config = { name: "empty", compatibilityDate: "2026-10-01", manifest: { mainModule: "index.js", modules } };
  const empty = await startWorker({ config }, join(home, "empty"), 0);
  running.push(empty);
  // The local Cache API is played by workerd itself, whose CPU is measured: it would be counted as the edge's.
  const vars = { EDGE_CACHE_MIN_CHARACTERS: String(MAX_TEXT + 1) };
  const edge = await startEdge({ persistence: join(home, "edge"), adminSecret: SECRET, port: 0, vars });
  running.push(edge);

  const location = { url: edge.url, adminSecret: SECRET };
  const artefacts = s3Artefacts(localEdgeBucket(location));
  const provenance = { producedBy: "bench", parents: [], codeDigest: "", configDigest: "", metrics: {} };
  const model = await artefacts.put("model", bytes, provenance);
  const shown = await artefacts.put("readings", new TextEncoder().encode(JSON.stringify(readings)), provenance);
  await createEdgeClient(location).putPointer(
    {
      schema: 1,
      epoch: 1,
      current: { sha256: model.sha256, version: "bench" },
      experiments: [],
      salt: "bench",
      cacheGeneration: 0,
      readings: shown.sha256,
    },
    0,
  );

  const at = (name: string, send: Send) => ({ name, pid: edge.workerdPid, send, ms: 0, operations: 0 });
  const cases = [
    { name: "empty Worker", pid: empty.workerdPid, send: () => fetch(empty.url), ms: 0, operations: 0 },
    at("classify, kept in memory", () => post(edge.url, texts[0] as string)),
    at("classify", classify(edge.url, texts)),
    at("classify 2,000 characters", classify(edge.url, [longest])),
    at("2,000 of mixed script", classify(edge.url, [mixed(texts)])),
    at("2,000 of wide ligatures", classify(edge.url, ["\ufdfa".repeat(MAX_TEXT)])),
  ];
  for (const { send } of cases) await sendAll(send, WARM_UP, () => {});
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const one of cases) {
      const before = processCpuMs(one.pid());
      await sendAll(one.send, Math.ceil(N / ROUNDS), (text) => {
        one.operations += (JSON.parse(text) as { operations?: number }).operations ?? 0;
      });
      one.ms += processCpuMs(one.pid()) - before;
    }
  }

  const n = Math.ceil(N / ROUNDS) * ROUNDS;
  const base = (cases[0]?.ms ?? 0) / n;
  const figures = cases.flatMap(({ name, ms, operations }, index): Figure[] => {
    const value = ms / n;
    const figure = { name: `CPU per request: ${name}`, value, unit: "ms", n };
    if (index === 0) return [figure];
    const against = { ratioTo: "empty Worker", ratio: value / base, goal: `<= ${TOTAL_MS} ms`, met: value <= TOTAL_MS };
    const speed = { name: `operations per ms: ${name}`, value: operations / (ms - base * n), unit: "1/ms", n };
    const cost = { name: `operations per request: ${name}`, value: operations / n, unit: "", n };
    return [{ ...figure, ...against }, ...(operations > 0 ? [cost, speed] : [])];
  });
  printFigures("edge", [...figures, { name: "model", value: bytes.length / 1e6, unit: "MB", n: 1 }], args.json);
} finally {
  for (const { stop } of running) await stop();
  await rm(home, { recursive: true, force: true });
}
