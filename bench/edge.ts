import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { blessingName } from "#contracts/blessing.ts";
import { TrainingConfig } from "#contracts/config.ts";
import { MAX_TEXT } from "#contracts/event.ts";
import type { Example } from "#contracts/example.ts";
import type { ClassifyAnswer } from "#contracts/http.ts";
import { Pointer } from "#contracts/pointer.ts";
import { readAuthored } from "#datasets/authored.ts";

import { type EdgeServer, type EdgeServerOptions, startEdge, startWorker } from "#local/edge-server.ts";
import { blessedBy } from "#local/test-support/blessed.ts";
import { artefactName } from "#stores/artefacts.ts";
import { createEdgeClient } from "#stores/edge.ts";
import { localEdgeBucket } from "#stores/edge-bucket.ts";
import { s3Artefacts } from "#stores/s3-artefacts.ts";
import { createSigner, newSigningKey } from "#stores/signing.ts";
import { compress } from "#training/compress.ts";
import { train } from "#training/train.ts";
import { coldAnswer } from "./edge-cold.ts";
import { type Figure, printFigures } from "./figures.ts";
import { threadsCpuMs } from "./process-cpu.ts";

/**
 * What a request costs workerd, by the kernel's own account: an empty Worker; a peer that is sent the question too and answers as many bytes,
 * without having read it; one that does no more than such an exchange must (reads the question, and has as many headers); and the edge.
 * Rounds take turns, so that what else the machine does falls on all, and a ratio is the median of the rounds' ratios. Then: feedback,
 * requests a second, a cold start, and memory.
 */
const { values: args } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    model: { type: "string" },
    n: { type: "string", default: "4000" },
    /** Requests after which memory is looked at. */
    requests: { type: "string", default: "100000" },
  },
});
const ROUNDS = 10;
const A_ROUND = Math.ceil(Number(args.n) / ROUNDS);
const N = A_ROUND * ROUNDS;
const REQUESTS = Number(args.requests);
const WARM_UP = 500;
const CONCURRENCY = 4;
const BUSY = 32;
const COLD_STARTS = 7;
const EVENTS = 1000;
const SECRET = "bench";
/** The shipped size (haqei.config.ts). */
const MAX_BYTES = 800_000;
/** Goals: ratios to the empty Worker, and ms. */
const GOAL = { hit: 1.15, full: 1.5, fullMs: 2, worstMs: 10, coldMs: 50 };

/** Resident memory of a process, in MB. */
async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

type Send = (index: number) => Promise<Response>;
type Count = (text: string) => void;

async function sendAll(send: Send, n: number, count: Count = () => {}, concurrency = CONCURRENCY): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < n) {
      const response = await send(next++);
      const text = await response.text();
      if (!response.ok) throw new Error(`${response.status}: ${text}`);
      count(text);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
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
  const options = TrainingConfig.parse({ epochs: 1, max_dimension: 100, maxBytes: MAX_BYTES });
  const { model } = await train({ examples, classes, options, seed: 384, maxBytes: MAX_BYTES });
  return compress(model, "coded", MAX_BYTES);
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

/** Answers as much as the edge does, whatever it is sent. */
const peerWorker = (answer: string): string => `
const answer = ${JSON.stringify(answer)};
const headers = { "content-type": "application/json" };
export default { fetch: () => new Response(answer, { headers }) };`;

/** Reads a question and answers `answer` with the edge's headers: no edge can cost less than this. */
const leastWorker = (answer: string, headers: object): string => `
const answer = ${JSON.stringify(answer)};
const headers = ${JSON.stringify(headers)};
export default {
  async fetch(request) {
    JSON.parse(await request.text());
    return new Response(answer, { headers });
  },
};`;

const startScript = (name: string, contents: string) => {
  const modules = { "index.js": { type: "esm" as const, contents } };
  const config = { name, compatibilityDate: "2026-10-01", manifest: { mainModule: "index.js", modules } };
  return startWorker({ config }, join(home, name), 0);
};

/** Requests a second under load, and how long 99 of 100 take at most, in ms. */
async function sustained(send: Send, n: number): Promise<{ rate: number; p99: number }> {
  const times: number[] = [];
  const begun = performance.now();
  await sendAll(
    async (index) => {
      const sent = performance.now();
      const response = await send(index);
      times.push(performance.now() - sent);
      return response;
    },
    n,
    undefined,
    BUSY,
  );
  const seconds = (performance.now() - begun) / 1000;
  return { rate: n / seconds, p99: times.sort((a, b) => a - b)[Math.floor(n * 0.99)] as number };
}

/** Feedback of one event each time. */
const reactTo =
  (url: string, { eventId, predictions }: ClassifyAnswer): Send =>
  () =>
    fetch(`${url}/api/feedback`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        id: `event-${asked++}`,
        eventId,
        type: "click",
        at: Date.now(),
        shownId: predictions[0]?.id,
      }),
    });

/** Waits until all feedback that was queued is in the log. */
async function drained(url: string): Promise<void> {
  const client = createEdgeClient({ url, adminSecret: SECRET });
  let seen = 0;
  for (let after = 0; seen < EVENTS + WARM_UP; ) {
    const { lines, next } = await client.events(after, 1000);
    seen += lines.length;
    after = next;
    if (lines.length === 0) await sleep(100);
  }
}

const home = await mkdtemp(join(tmpdir(), "haqei-bench-"));
const running = new Set<Pick<EdgeServer, "stop">>();
const signer = createSigner(newSigningKey());
/** The local Cache API is played by workerd itself, whose CPU is measured: it would be counted as the edge's. */
const vars = { EDGE_CACHE_MIN_CHARACTERS: String(MAX_TEXT + 1), BLESSING_KEYS: signer.publicKeys.join(",") };
const beginEdge = async (more: Partial<EdgeServerOptions> = {}): Promise<EdgeServer> => {
  const edge = await startEdge({ persistence: join(home, "edge"), adminSecret: SECRET, port: 0, vars, ...more });
  running.add(edge);
  return edge;
};

try {
  const { examples, classes, readings } = await readAuthored(join(import.meta.dirname, "..", "datasets"));
  const bytes = await modelBytes(
    examples.filter(({ split }) => split === "train"),
    classes,
  );
  const texts = examples.filter(({ split }) => split === "test").map(({ text }) => text);
  const longest = texts.join("").repeat(5).slice(0, MAX_TEXT);
  const first = texts[0] as string;

  let edge = await beginEdge();
  const location = { url: edge.url, adminSecret: SECRET };
  const artefacts = s3Artefacts(localEdgeBucket(location));
  const readingsBytes = new TextEncoder().encode(JSON.stringify(readings));
  const provenance = { producedBy: "bench", parents: [], codeDigest: "", configDigest: "", metrics: {} };
  const model = await artefacts.put("model", bytes, provenance);
  const blessing = blessedBy(signer, model.sha256);
  await artefacts.bless(blessing);
  const shown = await artefacts.put("readings", readingsBytes, provenance);
  const pointer = Pointer.parse({
    schema: 1,
    epoch: 1,
    current: { sha256: model.sha256, version: "bench" },
    salt: "bench",
    readings: shown.sha256,
  });
  await createEdgeClient(location, signer).putPointer(pointer, 0);
  const figures: Figure[] = [{ name: "model", value: bytes.length / 1e6, unit: "MB", n: 1 }];

  const pointerText = JSON.stringify(signer.signPointer(pointer));
  const stored = {
    pointer: pointerText,
    [artefactName(model.sha256)]: new Uint8Array(bytes),
    [blessingName(model.sha256)]: JSON.stringify(blessing),
    [artefactName(shown.sha256)]: readingsBytes,
  };
  const cold: { cpu: number; time: number }[] = [];
  for (let start = 0; start < COLD_STARTS; start += 1)
    cold.push(await coldAnswer(stored, vars, first, join(home, `cold-${start}`)));
  const waited = median(cold.map(({ time }) => time));
  figures.push(
    {
      name: "first full answer once the bytes are there",
      value: waited,
      unit: "ms",
      n: COLD_STARTS,
      goal: `<= ${GOAL.coldMs} ms`,
      met: waited <= GOAL.coldMs,
    },
    { name: "the same, CPU of workerd", value: median(cold.map(({ cpu }) => cpu)), unit: "ms", n: COLD_STARTS },
  );
  const restarted: number[] = [];
  for (let start = 0; start < COLD_STARTS; start += 1) {
    running.delete(edge);
    await edge.stop();
    edge = await beginEdge();
    const before = threadsCpuMs(edge.workerdPid());
    const answer = (await (await post(edge.url, first)).json()) as { path: string };
    if (answer.path !== "full") throw new Error(`a cold edge answered by its ${answer.path}`);
    restarted.push(threadsCpuMs(edge.workerdPid()) - before);
  }
  figures.push({
    name: "the same with local D1, KV and R2 beside it, which start too",
    value: median(restarted),
    unit: "ms",
    n: COLD_STARTS,
  });

  const example = await post(edge.url, first);
  const exampleText = await example.text();
  const headers = Object.fromEntries([...example.headers].filter(([name]) => name !== "content-length"));
  delete headers["transfer-encoding"];
  delete headers["content-encoding"];
  const empty = await startScript("empty", EMPTY_WORKER);
  running.add(empty);
  const peer = await startScript("peer", peerWorker(exampleText));
  running.add(peer);
  const least = await startScript("least", leastWorker(exampleText, headers));
  running.add(least);

  const emptySend: Send = () => fetch(empty.url);
  const peerSend: Send = () => post(peer.url, first);
  const leastSend: Send = () => post(least.url, first);
  const hitSend: Send = () => post(edge.url, first);
  const fullSend = classify(edge.url, texts);
  const at = (name: string, send: Send, pid = edge.workerdPid) => ({
    name,
    pid,
    send,
    rounds: [] as number[],
    operations: 0,
  });
  const cases = [
    at("empty Worker", emptySend, empty.workerdPid),
    at("peer: is sent the question, answers as many bytes", peerSend, peer.workerdPid),
    at("the least such an exchange costs", leastSend, least.workerdPid),
    at("kept in memory", hitSend),
    at("full path", fullSend),
    at("2,000 characters", classify(edge.url, [longest])),
    at("2,000 of mixed script", classify(edge.url, [mixed(texts)])),
    at("2,000 of wide ligatures", classify(edge.url, ["\ufdfa".repeat(MAX_TEXT)])),
  ];
  const [base, equal, floor] = cases as [(typeof cases)[number], (typeof cases)[number], (typeof cases)[number]];
  const goals: Record<string, { ratio?: number; ms: number }> = {
    "kept in memory": { ratio: GOAL.hit, ms: GOAL.fullMs },
    "full path": { ratio: GOAL.full, ms: GOAL.fullMs },
  };
  for (const { send } of cases) await sendAll(send, WARM_UP);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const one of cases) {
      const before = threadsCpuMs(one.pid());
      await sendAll(one.send, A_ROUND, (text) => {
        if (one !== base && one !== equal && one !== floor)
          one.operations += (JSON.parse(text) as { operations?: number }).operations ?? 0;
      });
      one.rounds.push((threadsCpuMs(one.pid()) - before) / A_ROUND);
    }
  }
  const ratioTo = (one: { rounds: number[] }, peer: { rounds: number[] }) =>
    median(one.rounds.map((ms, round) => ms / (peer.rounds[round] as number)));
  for (const one of cases) {
    const value = median(one.rounds);
    const figure = { name: `CPU per request: ${one.name}`, value, unit: "ms", n: N };
    if (one === base) {
      figures.push(figure);
      continue;
    }
    const ratio = ratioTo(one, base);
    const goal = goals[one.name] ?? { ms: GOAL.worstMs };
    const within = goal.ratio === undefined ? "" : `<= ${goal.ratio} x, `;
    const held =
      one === floor || one === equal
        ? {}
        : {
            goal: `${within}<= ${goal.ms} ms`,
            met: value <= goal.ms && ratio <= (goal.ratio ?? Number.POSITIVE_INFINITY),
          };
    figures.push({ ...figure, ratioTo: base.name, ratio, ...held });
    if (one !== equal) figures.push({ ...figure, ratioTo: "the peer", ratio: ratioTo(one, equal) });
    if (one.operations === 0) continue;
    figures.push(
      { name: `operations per request: ${one.name}`, value: one.operations / N, unit: "", n: N },
      {
        name: `operations per ms: ${one.name}`,
        value: one.operations / N / median(one.rounds.map((ms, round) => ms - (floor.rounds[round] as number))),
        unit: "1/ms",
        n: N,
      },
    );
  }

  const queued = await beginEdge({
    persistence: join(home, "queued"),
    vars: { ...vars, EVENT_WRITES_AT_ONCE: "0" },
    queue: true,
  });
  for (const [name, { url, workerdPid }] of Object.entries({ D1: edge, "the queue": queued })) {
    const send = reactTo(url, JSON.parse(exampleText) as ClassifyAnswer);
    await sendAll(send, WARM_UP);
    const before = threadsCpuMs(workerdPid());
    const { rate, p99 } = await sustained(send, EVENTS);
    if (name !== "D1") await drained(url);
    const value = (threadsCpuMs(workerdPid()) - before) / EVENTS;
    figures.push(
      { name: `feedback into ${name}: CPU an event, until it is in the log`, value, unit: "ms", n: EVENTS },
      { name: `feedback into ${name}`, value: rate, unit: `events/s, ${BUSY} at once`, n: EVENTS },
      { name: `feedback into ${name}, p99 of the 202`, value: p99, unit: "ms", n: EVENTS },
    );
  }
  running.delete(queued);
  await queued.stop();

  const rates = {
    empty: await sustained(emptySend, N),
    peer: await sustained(peerSend, N),
    least: await sustained(leastSend, N),
    hit: await sustained(hitSend, N),
    full: await sustained(fullSend, N),
  };
  for (const [name, { rate, p99 }] of Object.entries(rates)) {
    const against = name === "empty" ? {} : { ratioTo: "empty Worker", ratio: rate / rates.empty.rate };
    figures.push(
      { name: `sustained: ${name}`, value: rate, unit: `requests/s, ${BUSY} at once`, n: N, ...against },
      { name: `sustained: ${name}, p99`, value: p99, unit: "ms", n: N },
    );
  }

  const before = await residentMb(edge.workerdPid());
  await sendAll(fullSend, REQUESTS, undefined, BUSY);
  const after = await residentMb(edge.workerdPid());
  figures.push(
    { name: "resident memory before", value: before, unit: "MB, all of workerd", n: 1 },
    { name: `resident memory after ${REQUESTS} more requests`, value: after, unit: "MB", n: REQUESTS },
  );
  printFigures("edge", figures, args.json);
} finally {
  for (const { stop } of running) await stop();
  await rm(home, { recursive: true, force: true });
}
