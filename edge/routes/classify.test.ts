import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { ClassifyAnswer } from "#contracts/http.ts";
import { verifyEvent } from "../event-token.ts";
import { coldEdge, freshStores, MODEL, releasedEdge, TEXTS } from "../test-support/harness.ts";

beforeEach(freshStores);

describe("POST /api/classify", () => {
  it("answers with the model's predictions, their readings and why", async () => {
    const edge = await releasedEdge();
    const response = await edge.post("/api/classify", { text: TEXTS[1] });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-model")).toBe(edge.sha256);
    const answer = ClassifyAnswer.parse(await response.json());
    expect(answer).toMatchObject({
      model: edge.sha256,
      version: "v1.0.1",
      bucket: "current",
      path: "full",
      lang: "ja",
    });
    expect(answer.predictions).toHaveLength(3);
    expect(answer.predictions[0]).toMatchObject({
      id: 2,
      label: "2",
      hexagram: 1,
      position: 2,
      shin: "真2",
      hen: "変2",
    });
    expect(answer.predictions[0]?.why.length).toBeGreaterThan(0);
    expect(answer.confidence).toBe(answer.predictions[0]?.score);
    // Class 4 has no reading here: it answers without.
    const other = ClassifyAnswer.parse(await (await edge.post("/api/classify", { text: TEXTS[3], top: 1 })).json());
    expect(other.predictions).toEqual([expect.not.objectContaining({ hexagram: expect.anything() })]);
  });

  it("shows readings in the language asked for, and in Japanese where they are not written in it", async () => {
    const edge = await releasedEdge();
    const answer = ClassifyAnswer.parse(
      await (await edge.post("/api/classify", { text: TEXTS[0], lang: "en" })).json(),
    );
    expect(answer.lang).toBe("en");
    expect(answer.predictions[0]).toMatchObject({ shin: "truth 1", hen: "変1" });
  });

  it("signs what was shown, with the text only where there is consent", async () => {
    const edge = await releasedEdge();
    const ask = async (consent: boolean) => {
      const answer = ClassifyAnswer.parse(await (await edge.post("/api/classify", { text: TEXTS[0], consent })).json());
      return { answer, served: verifyEvent(env.EVENT_SECRET, answer.eventId) };
    };
    const without = await ask(false);
    expect(without.served).toMatchObject({ model: edge.sha256, bucket: "current", propensity: 1, lang: "ja" });
    expect(without.served?.shown).toEqual(without.answer.predictions.map(({ id }) => id));
    expect(without.served?.textHash).toMatch(/^[0-9a-f]{32}$/);
    expect(without.served).not.toHaveProperty("text");
    expect((await ask(true)).served?.text).toBe(TEXTS[0]);
  });

  it("shows the second or third answer first for a share of queries, and signs with which chance", async () => {
    const edge = await releasedEdge({ EXPLORATION: "0.4" });
    const seen = new Map<string, number>();
    for (let i = 0; i < 60; i += 1) {
      const answer = ClassifyAnswer.parse(await (await edge.post("/api/classify", { text: TEXTS[0] })).json());
      const served = verifyEvent(env.EVENT_SECRET, answer.eventId);
      expect(served?.shown).toEqual(answer.predictions.map(({ id }) => id));
      seen.set(JSON.stringify(served?.shown), served?.propensity ?? 0);
    }
    const best = [...seen].find(([shown]) => shown.startsWith("[1,"));
    expect(best?.[1]).toBe(0.6);
    expect([...seen.values()].sort()).toEqual([0.2, 0.2, 0.6]);
    const machine = await edge.request("/api/classify", {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "curl/8" },
      body: JSON.stringify({ text: TEXTS[0] }),
    });
    const { eventId } = ClassifyAnswer.parse(await machine.json());
    expect(verifyEvent(env.EVENT_SECRET, eventId)?.propensity).toBe(1);
  });

  it("answers from the bundled model, as the prior, while nothing is released", async () => {
    const response = await coldEdge(MODEL.buffer).post("/api/classify", { text: TEXTS[2] });
    const answer = ClassifyAnswer.parse(await response.json());
    expect(answer).toMatchObject({ path: "prior", bucket: "fallback", version: "fallback" });
    expect(answer.predictions[0]?.id).toBe(3);
  });

  it("answers 503 with a name where nothing at all can answer", async () => {
    const response = await coldEdge().post("/api/classify", { text: "迷う" });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { name: "ModelUnavailable" } });
    expect(response.headers.get("x-model")).toBe("none");
  });

  it.each([
    ["no text", {}, 400, "text"],
    ["only spaces", { text: " \n　" }, 400, "text"],
    ["a number as text", { text: 5 }, 400, "text"],
    ["an unknown language", { text: "迷う", lang: "fr" }, 400, "lang"],
    ["too many predictions", { text: "迷う", top: 6 }, 400, "top"],
    ["an array", [], 400, undefined],
    ["null", null, 400, undefined],
    ["2,001 characters", { text: "あ".repeat(2001) }, 413, "text"],
    ["a body over its limit", { text: "迷う", more: "x".repeat(20_000) }, 413, undefined],
  ])("refuses %s", async (_, body, status, field) => {
    const edge = coldEdge(MODEL.buffer);
    const response = await edge.post("/api/classify", body);
    expect(response.status).toBe(status);
    const { error } = await response.json<{ error: { field?: string; name: string } }>();
    expect(error.field).toBe(field);
    expect(error.name).not.toBe("InternalError");
  });

  it("takes 2,000 characters, however they are written", async () => {
    const edge = coldEdge(MODEL.buffer);
    const escaped = `{"text":"${"\\u3042".repeat(2000)}"}`;
    const headers = { "content-type": "application/json; charset=utf-8" };
    const response = await edge.request("/api/classify", { method: "POST", headers, body: escaped });
    expect(response.status).toBe(200);
  });

  it.each([
    ["not JSON", "{", "application/json", 400],
    ["not UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "application/json", 400],
    ["nothing", "", "application/json", 400],
    ["a form", "text=a", "application/x-www-form-urlencoded", 415],
    ["text", "{}", "text/plain", 415],
  ])("refuses a body that is %s", async (_, body, type, status) => {
    const edge = coldEdge(MODEL.buffer);
    const response = await edge.request("/api/classify", { method: "POST", headers: { "content-type": type }, body });
    expect(response.status).toBe(status);
  });
});
