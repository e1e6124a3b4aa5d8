import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ClassifyAnswer, ErrorAnswer } from "#contracts/http.ts";
import { Pointer } from "#contracts/pointer.ts";
import { anyRequest } from "#edge/test-support/bodies.ts";
import { tinyModel } from "#edge/test-support/tiny-model.ts";
import { type EdgeServer, startEdge } from "#local/edge-server.ts";
import { blessedBy } from "#local/test-support/blessed.ts";
import { createEdgeClient } from "#stores/edge.ts";
import { localEdgeBucket } from "#stores/edge-bucket.ts";
import { s3Artefacts } from "#stores/s3-artefacts.ts";
import { createSigner, newSigningKey } from "#stores/signing.ts";

/** The edge in a workerd of its own, over HTTP: under fuzz, under releases, and killed. */

const SECRET = "secret-of-tests";
const TEXTS = ["仕事を辞めて独立したい", "好きな人に告白するか迷う", "親の介護で疲れている"];
const PROVENANCE = { producedBy: "test", parents: [], codeDigest: "", configDigest: "", metrics: {} };
const HEADERS = { "content-type": "application/json" };
/** Nothing takes so long: who waits longer is hanging. */
const HANGING_MS = 60_000;

let home: string;
let edge: EdgeServer;
let models: string[];

const send = (path: string, init: RequestInit = {}) =>
  fetch(`${edge.url}${path}`, { ...init, signal: AbortSignal.timeout(HANGING_MS) });
const post = (path: string, body: unknown) =>
  send(path, { method: "POST", headers: HEADERS, body: JSON.stringify(body) });
const ask = async () => ClassifyAnswer.parse(await (await post("/api/classify", { text: TEXTS[0] })).json());
const signer = createSigner(newSigningKey());
const client = () => createEdgeClient({ url: edge.url, adminSecret: SECRET }, signer);
const release = async (sha256: string, epoch: number) =>
  client().putPointer(Pointer.parse({ schema: 1, epoch, current: { sha256, version: `v${epoch}` } }), epoch - 1);

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "haqei-faults-"));
  const vars = { BLESSING_KEYS: signer.publicKeys.join(",") };
  edge = await startEdge({ persistence: home, adminSecret: SECRET, port: 0, vars });
  const artefacts = s3Artefacts(localEdgeBucket({ url: edge.url, adminSecret: SECRET }));
  models = [];
  for (const texts of [TEXTS, [...TEXTS].reverse()]) {
    const { sha256 } = await artefacts.put("model", tinyModel(texts), PROVENANCE);
    await artefacts.bless(blessedBy(signer, sha256));
    models.push(sha256);
  }
  await release(models[0] as string, 1);
});
afterAll(async () => {
  await edge?.stop();
  await rm(home, { recursive: true, force: true });
});

it("answers 20,000 requests of any kind, and never with a failure of its own", async () => {
  const { eventId } = await ask();
  const requests = fc.sample(anyRequest(eventId, SECRET), 20_000);
  let next = 0;
  const worker = async () => {
    while (next < requests.length) {
      const { path, ...init } = requests[next++] as (typeof requests)[number];
      const response = await send(path, init);
      const answer: unknown = await response.json();
      if (response.status >= 500) throw new Error(`${response.status} to ${JSON.stringify({ path, ...init })}`);
      if (response.status >= 400) ErrorAnswer.parse(answer);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  expect((await ask()).path).toBe("cache");
});

it("neither fails nor mixes answers while models are released under 500 requests a second", async () => {
  const says = new Map([
    [models[0], 1],
    [models[1], 3],
  ]);
  const [seconds, rate] = [6, 500];
  const asked: Promise<ClassifyAnswer>[] = [];
  let epoch = 1;
  const begun = performance.now();
  for (let tick = 0; tick < seconds * 20; tick += 1) {
    for (let i = 0; i < rate / 20; i += 1) asked.push(ask());
    if (tick % 20 === 10) {
      epoch += 1;
      await release(models[(epoch + 1) % 2] as string, epoch);
    }
    await sleep(Math.max(0, begun + tick * 50 - performance.now()));
  }
  const answers = await Promise.all(asked);
  expect(answers).toHaveLength(seconds * rate);
  for (const { model, predictions } of answers) expect(predictions[0]?.id).toBe(says.get(model));
  expect(new Set(answers.map(({ model }) => model)).size).toBe(2);
});

it("has every event that was answered 202 in its export, though workerd is killed among them", async () => {
  const { eventId, predictions } = await ask();
  const accepted = new Set<string>();
  let kills = 0;
  const worker = async (name: number) => {
    for (let i = 0; i < 150; i += 1) {
      const id = `kill-${name}-${i}`;
      const event = { id, eventId, type: "click", at: Date.now(), shownId: predictions[0]?.id };
      const response = await post("/api/feedback", event).catch(() => undefined);
      if (response?.status === 202) accepted.add(id);
      else await sleep(50);
      if (name === 0 && (i === 40 || i === 90)) {
        process.kill(edge.workerdPid(), "SIGKILL");
        kills += 1;
        await sleep(500);
      }
    }
  };
  await Promise.all(Array.from({ length: 6 }, (_, name) => worker(name)));
  expect(kills).toBe(2);
  expect(accepted.size).toBeGreaterThan(100);

  const exported = new Set<string>();
  for (let after = 0; ; ) {
    const response = await send(`/admin/events?after=${after}`, { headers: { authorization: `Bearer ${SECRET}` } });
    const lines = (await response.text()).split("\n").filter((line) => line !== "");
    if (lines.length === 0) break;
    for (const line of lines) exported.add((JSON.parse(line) as { id: string }).id);
    after = Number(response.headers.get("x-next"));
  }
  expect([...accepted].filter((id) => !exported.has(id))).toEqual([]);
});
