import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { ClassifyAnswer, Health } from "#contracts/http.ts";
import { budgetOf } from "./budget.ts";
import { loadDictionary, modelOf } from "./dictionary.ts";
import { answerBy } from "./ladder.ts";
import { loadModel } from "./loaded-model.ts";
import { artefactKey } from "./residents.ts";
import type { Serving } from "./serving.ts";
import {
  type ColdEdge,
  coldEdge,
  freshStores,
  MODEL,
  NO_MODEL,
  pointerTo,
  TEXTS,
  upload,
} from "./test-support/harness.ts";
import { tinyDictionary } from "./test-support/tiny-dictionary.ts";

beforeEach(freshStores);

/** The first text speaks of class 1 to the model; to the dictionary, of class 2. */
const DICTIONARY = tinyDictionary({ 仕事: 2, 独立: 2, 試験: 4 });
const BROKEN = new Uint8Array([1, 2, 3]);
const NO_INFERENCE = { BUDGET_INFERENCE_MS: "0" };

const ask = async (edge: Pick<ColdEdge, "post">, text = TEXTS[0]) =>
  ClassifyAnswer.parse(await (await edge.post("/api/classify", { text })).json());

/** A pointer to these, whatever they are, in stores of its own. */
async function release(model: Uint8Array<ArrayBuffer>, dictionary: Uint8Array<ArrayBuffer> | undefined) {
  const sha256 = await upload(model);
  const more = dictionary ? { dictionary: await upload(dictionary) } : {};
  const response = await coldEdge().putPointer(pointerTo(sha256, 1, more), 0);
  expect(response.status).toBe(200);
  return { sha256, ...more };
}

describe("scoring by keywords", () => {
  it("answers, with the words as reasons, where the budget leaves the model nothing", async () => {
    const { sha256 } = await release(MODEL, DICTIONARY);
    const edge = coldEdge(NO_MODEL, NO_INFERENCE);
    // The dictionary is fetched behind the first answer, which does not wait for it.
    await ask(edge);
    const answer = await ask(edge);
    expect(answer).toMatchObject({ path: "keywords", model: sha256, bucket: "current", cache: "none" });
    expect(answer.predictions[0]).toMatchObject({
      id: 2,
      why: [
        { term: "仕事", weight: 2 },
        { term: "独立", weight: 2 },
      ],
    });
    expect(answer.operations).toBeGreaterThan(0);
    expect(answer.operations).toBeLessThanOrEqual(budgetOf(env).keywords);
    expect(answer.confidence).toBe(answer.predictions[0]?.score);
    // What it does not know is answered by how common classes are.
    expect(await ask(edge, "どうしたらよいか")).toMatchObject({ path: "prior", operations: 0 });
    expect((await coldEdge(NO_MODEL).admin("/admin/metrics")).status).toBe(200);
    expect(await (await edge.admin("/admin/metrics")).text()).toContain('haqei_edge_answers_total{path="keywords"} 1');
  });

  it("is not asked while the model answers", async () => {
    await release(MODEL, DICTIONARY);
    const edge = coldEdge();
    await ask(edge);
    expect(await ask(edge, TEXTS[3])).toMatchObject({ path: "full", predictions: [{ id: 4 }, {}, {}] });
  });

  it.each([
    ["missing", undefined],
    ["broken", BROKEN],
  ])(
    "answers at once from a cold isolate where the model is %s, before the bundled model does",
    async (_how, bytes) => {
      const { sha256 } = await release(MODEL, DICTIONARY);
      if (bytes) await env.ARTEFACTS.put(artefactKey(sha256), bytes);
      else await env.ARTEFACTS.delete(artefactKey(sha256));
      for (const bundled of [NO_MODEL, MODEL.buffer]) {
        const edge = coldEdge(bundled);
        expect(await ask(edge)).toMatchObject({
          path: "keywords",
          bucket: "fallback",
          predictions: [{ id: 2 }, {}, {}],
        });
        expect(await ask(edge, "どうしたらよいか")).toMatchObject({ path: "prior", bucket: "fallback" });
        expect(Health.parse(await (await edge.request("/api/health")).json())).toMatchObject({
          ok: true,
          fallback: true,
        });
      }
    },
  );

  it.each([
    ["missing", undefined],
    ["broken", BROKEN],
  ])("is done without where the dictionary is %s", async (_how, bytes) => {
    const { sha256, dictionary } = await release(MODEL, DICTIONARY);
    if (bytes) await env.ARTEFACTS.put(artefactKey(dictionary as string), bytes);
    else await env.ARTEFACTS.delete(artefactKey(dictionary as string));
    expect(await ask(coldEdge())).toMatchObject({ path: "full", model: sha256 });
    expect(await ask(coldEdge(NO_MODEL, NO_INFERENCE))).toMatchObject({ path: "prior", model: sha256 });
    await env.ARTEFACTS.delete(artefactKey(sha256));
    expect(await ask(coldEdge(MODEL.buffer))).toMatchObject({ path: "prior", predictions: [{ id: 1 }, {}, {}] });
  });

  it("comes from the bundled dictionary where none is released, and only then", async () => {
    const bundled = tinyDictionary({ 仕事: 3 }).buffer;
    expect(await ask(coldEdge(NO_MODEL, {}, bundled))).toMatchObject({
      path: "keywords",
      bucket: "fallback",
      predictions: [{ id: 3 }, {}, {}],
    });
    // The bundled model is a model: it goes first, until there is a released dictionary that knows more.
    expect(await ask(coldEdge(MODEL.buffer, {}, bundled))).toMatchObject({
      path: "prior",
      predictions: [{ id: 1 }, {}, {}],
    });
    await release(MODEL, undefined);
    expect(await ask(coldEdge(NO_MODEL, NO_INFERENCE, bundled))).toMatchObject({
      path: "keywords",
      predictions: [{ id: 3 }, {}, {}],
    });
    expect((await coldEdge(NO_MODEL, {}, BROKEN.buffer).post("/api/classify", { text: "迷う" })).status).toBe(200);
  });

  it("is never kept as the model's answer", async () => {
    await release(MODEL, DICTIONARY);
    const bindings: Partial<Env> = { ...NO_INFERENCE };
    const edge = coldEdge(NO_MODEL, bindings);
    await ask(edge);
    expect((await ask(edge)).path).toBe("keywords");
    delete bindings.BUDGET_INFERENCE_MS;
    expect((await ask(edge)).path).toBe("full");
    expect((await ask(edge)).path).toBe("cache");
  });

  it("a pointer to a dictionary that is not there is refused", async () => {
    const sha256 = await upload(MODEL);
    const response = await coldEdge().putPointer(pointerTo(sha256, 1, { dictionary: "d".repeat(64) }), 0);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { name: "ArtefactMissing", field: "dictionary" } });
  });
});

describe("the ladder", () => {
  const keywords = loadDictionary(DICTIONARY);
  const serving = (more: Partial<Serving>): Serving => ({
    ...{ bucket: "current", sha256: "", version: "", readings: undefined, release: "r", keywords },
    model: loadModel(MODEL),
    ...more,
  });
  const text = TEXTS[0] as string;

  it("goes on with keywords where the model throws, and tells the error where there are none", () => {
    const model = {
      ...modelOf(keywords),
      classify: () => {
        throw new RangeError("a bug");
      },
    };
    const budget = budgetOf(env);
    expect(answerBy(serving({ model }), text, 3, budget).path).toBe("keywords");
    expect(answerBy(serving({ model }), "どうしたらよいか", 3, budget)).toMatchObject({
      path: "prior",
      predictions: [{ id: 4 }, { id: 3 }, { id: 2 }],
    });
    expect(() => answerBy(serving({ model, keywords: undefined }), text, 3, budget)).toThrow("a bug");
  });

  it("comes down rung by rung as the budget shrinks, and never costs more than its two shares", () => {
    const model = loadModel(MODEL);
    const whole = answerBy(serving({ model }), text, 2, {
      inference: Number.POSITIVE_INFINITY,
      keywords: 0,
      edgeLookup: false,
    });
    const seen = new Set<string>();
    for (let inference = whole.operations; inference >= 0; inference -= 1) {
      const { path, operations } = answerBy(serving({ model }), text, 2, {
        inference,
        keywords: 200,
        edgeLookup: false,
      });
      expect(operations).toBeLessThanOrEqual(path === "keywords" ? 200 : inference);
      seen.add(path);
    }
    for (let most = 200; most >= 0; most -= 1)
      seen.add(answerBy(serving({ model }), text, 2, { inference: 0, keywords: most, edgeLookup: false }).path);
    expect([...seen]).toEqual(["full", "reduced", "keywords", "prior"]);
  });
});
