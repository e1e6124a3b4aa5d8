import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ClassifyAnswer } from "#contracts/http.ts";
import {
  ADMIN,
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

beforeEach(freshStores);

const ALL_AT_EDGE = { EDGE_CACHE_MIN_CHARACTERS: "0" };

const ask = async (edge: Pick<ColdEdge, "post">, body: object) =>
  ClassifyAnswer.parse(await (await edge.post("/api/classify", body)).json());
const warm = async (edge: Pick<ColdEdge, "request">, body: object) => {
  const headers = { ...ADMIN, "content-type": "application/json" };
  return edge.request("/admin/warm", { method: "POST", headers, body: JSON.stringify(body) });
};
/** What of an answer must be the same whether it was scored or kept. */
const said = ({ eventId, path, cache, operations, ...rest }: ClassifyAnswer) => rest;

describe("an answer that was given before", () => {
  it("comes from memory, as it was, with a token of its own", async () => {
    const edge = await releasedEdge();
    const first = await ask(edge, { text: TEXTS[0] });
    expect(first).toMatchObject({ path: "full", cache: "none" });
    const second = await ask(edge, { text: `  ${TEXTS[0]} ` });
    expect(second).toMatchObject({ path: "cache", cache: "memory", operations: 0 });
    expect(said(second)).toEqual(said(first));
    expect(await ask(edge, { text: TEXTS[0], top: 2 })).toMatchObject({ cache: "none" });
    expect(await ask(edge, { text: TEXTS[0], lang: "en" })).toMatchObject({ cache: "none" });
    const metrics = await (await edge.admin("/admin/metrics")).text();
    expect(metrics).toContain('haqei_edge_cache_total{result="memory"} 1');
    expect(metrics).toContain('haqei_edge_cache_total{result="none"} 3');
  });

  it("comes from the Cache API in another isolate, where it is asked", async () => {
    const text = `${TEXTS[0]}と、別の場所で考えた`;
    const first = await ask(await releasedEdge(ALL_AT_EDGE), { text });
    const elsewhere = coldEdge(NO_MODEL, ALL_AT_EDGE);
    const second = await ask(elsewhere, { text });
    expect(second).toMatchObject({ path: "cache", cache: "edge" });
    expect(said(second)).toEqual(said(first));
    expect(await ask(elsewhere, { text })).toMatchObject({ cache: "memory" });
    expect(await ask(coldEdge(), { text })).toMatchObject({ cache: "none" });
  });

  it("is scored anew after a release, and in another generation of the cache", async () => {
    const edge = await releasedEdge(ALL_AT_EDGE);
    const text = `${TEXTS[1]}という話`;
    await ask(edge, { text });
    expect(await ask(edge, { text })).toMatchObject({ cache: "memory" });
    await edge.putPointer(pointerTo(edge.sha256, 2, { cacheGeneration: 1 }), 1);
    expect(await ask(edge, { text })).toMatchObject({ cache: "none" });
    const next = await upload(OTHER_MODEL);
    await edge.putPointer(pointerTo(next, 3, { cacheGeneration: 1 }), 2);
    expect(await ask(edge, { text })).toMatchObject({ cache: "none", model: next });
  });

  it("is never another model's", async () => {
    const edge = coldEdge(NO_MODEL, ALL_AT_EDGE);
    const [current, canary] = await Promise.all([upload(MODEL), upload(OTHER_MODEL)]);
    await edge.putPointer(pointerTo(current, 1, { canary: { sha256: canary, version: "v2", basisPoints: 5000 } }), 0);
    await warm(edge, { queries: TEXTS });
    const text = TEXTS[0];
    const alone = { current: 1, canary: 4 };
    const people = Array.from({ length: 30 }, (_, index) => `user-${index}`);
    // Twice, so that both models are in memory and both answers are kept.
    for (const userId of people) await ask(edge, { text, userId });
    const answers = await Promise.all(people.map((userId) => ask(edge, { text, userId })));
    expect(new Set(answers.map(({ bucket }) => bucket))).toEqual(new Set(["current", "canary"]));
    for (const { bucket, model, predictions, path } of answers) {
      expect(path).toBe("cache");
      expect(model).toBe(bucket === "canary" ? canary : current);
      expect(predictions[0]?.id).toBe(alone[bucket as "current" | "canary"]);
    }
  });

  it("is not kept from the bundled model", async () => {
    const edge = coldEdge(MODEL.buffer);
    for (let time = 0; time < 2; time += 1)
      expect(await ask(edge, { text: TEXTS[0] })).toMatchObject({ cache: "none" });
  });

  it("is scored where the Cache API fails or holds something else", async () => {
    const edge = await releasedEdge(ALL_AT_EDGE);
    const text = `${TEXTS[2]}けれど`;
    const match = vi.spyOn(caches.default, "match");
    match.mockRejectedValueOnce(new Error("away"));
    expect(await ask(edge, { text })).toMatchObject({ path: "full", cache: "none" });
    match.mockResolvedValueOnce(Response.json({ predictions: "wrong" }));
    expect(await ask(edge, { text: `${text}。` })).toMatchObject({ path: "full", cache: "none" });
    match.mockRestore();
  });
});

describe("POST /admin/warm", () => {
  it("lets an isolate that starts later answer at once, from one KV value a part", async () => {
    const edge = await releasedEdge();
    const first = await ask(edge, { text: TEXTS[0] });
    await warm(edge, { queries: [TEXTS[1]], part: 1, parts: 2 });
    const done = await warm(edge, { queries: [TEXTS[0], "ххх"], part: 0, parts: 2 });
    expect(await done.json()).toEqual({ model: edge.sha256, warmed: 1 });
    expect((await env.CACHE.list({ prefix: "warm/" })).keys).toHaveLength(2);

    const put = vi.fn();
    const get = vi.fn((...args: [string, "json"]) => env.CACHE.get(...args));
    const later = coldEdge(NO_MODEL, { CACHE: { get, put } as unknown as KVNamespace });
    await ask(later, { text: TEXTS[2] });
    const warmed = await ask(later, { text: TEXTS[0] });
    expect(warmed).toMatchObject({ path: "cache", cache: "kv", operations: 0 });
    expect(said(warmed)).toEqual(said(first));
    expect(await ask(later, { text: TEXTS[1] })).toMatchObject({ cache: "kv" });
    expect(put).not.toHaveBeenCalled();
    expect(get.mock.calls.filter(([key]) => key.startsWith("warm/"))).toHaveLength(2);
  });

  it.each([
    ["no queries", { queries: [] }],
    ["too many", { queries: Array.from({ length: 51 }, () => "迷う") }],
    ["a part beyond the last", { queries: ["迷う"], part: 2, parts: 2 }],
  ])("refuses %s", async (_, body) => {
    expect((await warm(await releasedEdge(), body)).status).toBe(400);
  });

  it("wants the current model, and the secret", async () => {
    expect((await warm(coldEdge(MODEL.buffer), { queries: ["迷う"] })).status).toBe(503);
    expect((await coldEdge().post("/admin/warm", { queries: ["迷う"] })).status).toBe(401);
  });
});
