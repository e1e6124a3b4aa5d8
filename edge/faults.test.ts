import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { LoggedEvent } from "#contracts/event.ts";
import { ClassifyAnswer } from "#contracts/http.ts";
import { signEvent, verifyEvent } from "./event-token.ts";
import {
  type ColdEdge,
  coldEdge,
  freshStores,
  MODEL,
  NO_MODEL,
  OTHER_MODEL,
  pointerTo,
  releasedEdge,
  TEXTS,
  upload,
} from "./test-support/harness.ts";
import { signPointer } from "./test-support/sign.ts";

beforeEach(freshStores);

const away = () => Promise.reject(new Error("away"));
const never = () => new Promise<never>(() => {});
const ask = async (edge: Pick<ColdEdge, "post">, text = TEXTS[0]) => {
  const response = await edge.post("/api/classify", { text });
  expect(response.status).toBe(200);
  return ClassifyAnswer.parse(await response.json());
};
/** The answer alone: what a store that never answers leaves behind it is not waited for. */
const askOnly = async (edge: Pick<ColdEdge, "begin">) => {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: TEXTS[0] }),
  };
  const { response } = await edge.begin("/api/classify", init);
  expect(response.status).toBe(200);
  return ClassifyAnswer.parse(await response.json());
};
const kv = (get: (key: string) => unknown) => ({ CACHE: { get, put: away } as unknown as KVNamespace });
const d1 = (fault: () => Promise<never>) => {
  const statement = { bind: () => statement, first: fault, all: fault, run: fault };
  return { LOG: { prepare: () => statement, batch: fault } as unknown as D1Database };
};
const r2 = (get: () => unknown) => ({ ARTEFACTS: { get, head: get } as unknown as R2Bucket });

describe("a cold isolate answers from the bundled model, within the wait, where", () => {
  it.each<[string, Partial<Env>]>([
    ["nothing answers", { ...kv(away), ...d1(away), ...r2(away) }],
    ["KV never answers", kv(never)],
    ["KV has none and D1 never answers", { ...kv(async () => null), ...d1(never) }],
    ["R2 never answers", r2(never)],
    ["R2 has nothing", r2(async () => null)],
    ["KV holds no pointer but something else, and D1 fails", { ...kv(async () => ({ schema: 9 })), ...d1(away) }],
    [
      "KV names a model that is absent",
      kv(async (key) => (key === "pointer" ? signPointer(pointerTo("f".repeat(64), 9)) : null)),
    ],
    [
      "KV cannot be read as JSON, and D1 fails",
      { ...kv(() => Promise.reject(new SyntaxError("no JSON"))), ...d1(away) },
    ],
  ])("%s", async (_, faults) => {
    await releasedEdge();
    const edge = coldEdge(MODEL.buffer, { ...faults, COLD_WAIT_MS: "50" });
    expect(await askOnly(edge)).toMatchObject({ path: "prior", bucket: "fallback" });
  });
});

it("counts who was not waited for any longer", async () => {
  await releasedEdge();
  const edge = coldEdge(MODEL.buffer, { ...r2(never), COLD_WAIT_MS: "50" });
  await askOnly(edge);
  const { response } = await edge.begin("/admin/metrics", { headers: { authorization: `Bearer ${env.ADMIN_SECRET}` } });
  expect(await response.text()).toContain("haqei_edge_timeouts_total 1");
});

it("finds its way back once the stores do", async () => {
  const { sha256 } = await releasedEdge();
  const faults: Partial<Env> = { ...kv(away), ...d1(away), POINTER_TTL_SECONDS: "-1", COLD_WAIT_MS: "50" };
  const edge = coldEdge(MODEL.buffer, faults);
  expect((await ask(edge)).bucket).toBe("fallback");
  Object.assign(faults, { CACHE: env.CACHE, LOG: env.LOG });
  expect(await ask(edge)).toMatchObject({ model: sha256, bucket: "current" });
});

it("reads D1 where the copy in KV is garbage", async () => {
  const { sha256 } = await releasedEdge();
  await env.CACHE.put("pointer", JSON.stringify({ schema: 1, epoch: "seven" }));
  expect((await ask(coldEdge())).model).toBe(sha256);
});

it("answers without warmed answers and readings that are garbage", async () => {
  const edge = await releasedEdge();
  await env.CACHE.put(`warm/${edge.sha256}/0/0`, JSON.stringify({ parts: 1, answers: { key: "none" } }));
  expect((await ask(edge)).path).toBe("full");
  const readings = await upload(new Uint8Array(new TextEncoder().encode("[]")));
  await edge.putPointer(pointerTo(edge.sha256, 2, { readings }), 1);
  const answer = await ask(coldEdge(), TEXTS[1]);
  expect(answer.predictions[0]).not.toHaveProperty("shin");
});

it("mixes no answers while models change under many requests", async () => {
  const edge = await releasedEdge();
  const other = await upload(OTHER_MODEL);
  // What each model says first to the first text: it is how the two are told apart.
  const says = new Map([
    [edge.sha256, 1],
    [other, 4],
  ]);
  const current = [other, edge.sha256, other, edge.sha256];
  const asked: Promise<ClassifyAnswer>[] = [];
  for (const [round, sha256] of current.entries()) {
    for (let i = 0; i < 60; i += 1) asked.push(ask(edge));
    const moved = edge.putPointer(pointerTo(sha256, round + 2), round + 1);
    for (let i = 0; i < 60; i += 1) asked.push(ask(edge));
    expect((await moved).status).toBe(200);
  }
  const answers = await Promise.all(asked);
  for (const { model, predictions, eventId } of answers) {
    expect(predictions[0]?.id).toBe(says.get(model));
    expect(verifyEvent(env.EVENT_SECRET, eventId)).toMatchObject({ model, shown: predictions.map(({ id }) => id) });
  }
  expect(new Set(answers.map(({ model }) => model))).toEqual(new Set(says.keys()));
});

describe("events", () => {
  const served = { bucket: "current", shown: [7], propensity: 1, textHash: "0".repeat(32), lang: "ja" as const };
  const event = (id: string, at: number) => ({
    id,
    eventId: signEvent(env.EVENT_SECRET, { ...served, model: "a".repeat(64), at }),
    type: "bounce",
    at,
  });
  const logged = async (edge: Pick<ColdEdge, "admin">) =>
    new TextDecoder()
      .decode(await (await edge.admin("/admin/events")).arrayBuffer())
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => LoggedEvent.parse(JSON.parse(line)));

  it("that are late, early and out of order are all kept, in the order of receipt", async () => {
    const edge = coldEdge();
    const now = Date.now();
    const days = [0, -40, 3, -1, 400].map((day) => now + day * 86_400_000);
    for (const [index, at] of days.entries()) await edge.post("/api/feedback", event(`e${index}`, at));
    const events = await logged(edge);
    expect(events.map(({ at }) => at)).toEqual(days);
    const receipts = events.map(({ receivedAt }) => receivedAt);
    expect([...receipts].sort((a, b) => a - b)).toEqual(receipts);
  });

  it("sent again at the same moment count once", async () => {
    const edge = coldEdge();
    const same = event("twice", Date.now());
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => edge.post("/api/feedback", { events: [same, same] })),
    );
    const accepted = await Promise.all(
      answers.map(async (answer) => (await answer.json<{ accepted: number }>()).accepted),
    );
    expect(accepted.reduce((sum, one) => sum + one, 0)).toBe(1);
    expect(await logged(edge)).toHaveLength(1);
  });

  it("are not accepted by a database that is full, and are taken when sent again", async () => {
    const full = () => Promise.reject(new Error("D1_ERROR: database or disk is full: SQLITE_FULL"));
    const faults: Partial<Env> = d1(full);
    const edge = coldEdge(NO_MODEL, faults);
    const one = event("again", Date.now());
    const refused = await edge.post("/api/feedback", one);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("5");
    Object.assign(faults, { LOG: env.LOG });
    expect(await (await edge.post("/api/feedback", one)).json()).toMatchObject({ accepted: 1 });
    expect(await logged(edge)).toHaveLength(1);
  });
});
