import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ClassifyAnswer } from "#contracts/http.ts";
import { type ColdEdge, coldEdge, freshStores, releasedEdge, TEXTS } from "./test-support/harness.ts";

beforeEach(freshStores);

const ask = async (edge: Pick<ColdEdge, "post">, body: object) => {
  const text = await (await edge.post("/api/classify", body)).text();
  return { text, answer: ClassifyAnswer.parse(JSON.parse(text)) };
};

describe("a text of somebody in danger", () => {
  it.each([
    ["もう死にたい。仕事を辞めて独立したい", "ja", "self-harm", "0120-783-556"],
    ["I want to kill myself", "en", "self-harm", "988"],
    ["老公打我，我想离开", "zh", "abuse", "110"],
    ["父が倒れて意識がありません", "ja", "medical-emergency", "119"],
  ])("gets help and no reading: %s", async (text, lang, kind, number) => {
    const edge = await releasedEdge();
    for (let time = 0; time < 2; time += 1) {
      const { answer } = await ask(edge, { text, consent: true });
      expect(answer).toMatchObject({ lang, predictions: [], cache: "none", eventId: "", safety: { kind } });
      expect(answer.safety?.help.join(" ")).toContain(number);
    }
  });

  it("leaves no trace", async () => {
    const spies = (["log", "info", "warn", "error"] as const).map((level) => vi.spyOn(console, level));
    const put = vi.spyOn(caches.default, "put");
    const edge = await releasedEdge({ EDGE_CACHE_MIN_CHARACTERS: "0" });
    const text = "もう消えてしまいたいです";
    const { text: sent } = await ask(edge, { text, consent: true, userId: "somebody" });
    expect(sent).not.toContain("消えて");
    expect(put).not.toHaveBeenCalled();
    for (const spy of spies) expect(JSON.stringify(spy.mock.calls)).not.toContain("消えて");
    expect((await env.CACHE.list()).keys.map(({ name }) => name)).toEqual(["pointer"]);
    const metrics = await (await edge.admin("/admin/metrics")).text();
    expect(metrics).toContain('haqei_edge_answers_total{path="safety"} 1');
    vi.restoreAllMocks();
  });

  it("gets help where no model can answer, too", async () => {
    const { answer } = await ask(coldEdge(), { text: "i want to die" });
    expect(answer.safety?.kind).toBe("self-harm");
  });

  it("is not warmed", async () => {
    const edge = await releasedEdge();
    const headers = { authorization: `Bearer ${env.ADMIN_SECRET}`, "content-type": "application/json" };
    const body = JSON.stringify({ queries: [TEXTS[0], `死にたい。${TEXTS[0]}`] });
    const response = await edge.request("/admin/warm", { method: "POST", headers, body });
    expect(await response.json()).toMatchObject({ warmed: 1 });
  });
});

describe("a text that the model does not know", () => {
  it.each([
    ["...", "ja", "わかりませんでした"],
    ["ххх", "en", "cannot tell"],
    ["ххх", "zh", "看不出"],
  ])("is answered with a list and an honest sentence (%s, %s)", async (text, lang, said) => {
    const { answer } = await ask(await releasedEdge(), { text, lang });
    expect(answer).toMatchObject({ path: "prior", abstain: true });
    expect(answer.predictions).toHaveLength(3);
    expect(answer.message).toContain(said);
  });

  it("is one of confidence below the threshold", async () => {
    const sure = await ask(await releasedEdge({ ABSTAIN_BELOW: "0" }), { text: TEXTS[0] });
    expect(sure.answer).not.toHaveProperty("abstain");
    const { confidence } = sure.answer;
    const unsure = await ask(await releasedEdge({ ABSTAIN_BELOW: String(confidence + 0.01) }), { text: TEXTS[0] });
    expect(unsure.answer).toMatchObject({ path: "full", abstain: true, confidence });
    expect(unsure.answer.predictions).toEqual(sure.answer.predictions);
  });
});
