import { describe, expect, it } from "vitest";
import { ClassifyAnswer } from "#contracts/http.ts";
import { loadModel } from "./loaded-model.ts";
import { scoreText } from "./scored.ts";
import { freshStores, MODEL, releasedEdge, TEXTS } from "./test-support/harness.ts";

const text = TEXTS[0] as string;

describe("a scored text", () => {
  it("goes down the ladder as the budget shrinks, and never beyond it", () => {
    const model = loadModel(MODEL);
    const full = scoreText(model, text, 2, Number.POSITIVE_INFINITY);
    const seen = new Set<string>();
    for (let budget = full.operations; budget >= 0; budget -= 1) {
      const { path, operations, predictions } = scoreText(model, text, 2, budget);
      expect(operations).toBeLessThanOrEqual(budget);
      expect(predictions).toHaveLength(2);
      seen.add(`${path}${predictions[0]?.why.length ? ", explained" : ""}`);
    }
    expect([...seen]).toEqual(["full, explained", "full", "reduced", "prior"]);
  });

  it("is answered from the prior where the config leaves inference nothing", async () => {
    await freshStores();
    const edge = await releasedEdge({ BUDGET_INFERENCE_MS: "0" });
    const answer = ClassifyAnswer.parse(await (await edge.post("/api/classify", { text })).json());
    expect(answer).toMatchObject({ path: "prior", operations: 0 });
    expect(answer.predictions).toHaveLength(3);
  });
});
