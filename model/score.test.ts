import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { goldenModel } from "./golden.ts";
import { createClassifier } from "./score.ts";

const model = goldenModel();
const { classify } = createClassifier(model);
const known = "転職するか迷っている。今の会社は好きだけど、将来が不安です";

describe("classify", () => {
  test("answers with probabilities, best first", () => {
    const { predictions, path, confidence } = classify(known, { top: 8 });
    expect(path).toBe("full");
    expect(predictions.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 6);
    expect(predictions.map(({ score }) => score)).toEqual(predictions.map(({ score }) => score).sort((a, b) => b - a));
    expect(confidence).toBe(predictions[0]?.score);
    for (const { id, label, score } of predictions) {
      expect(label).toBe(model.classes[id - 1]);
      expect(Math.fround(score)).toBe(score);
    }
  });

  test("gives the head of the full list, and no more predictions than classes", () => {
    const all = classify(known, { top: 100 }).predictions;
    expect(all).toHaveLength(8);
    expect(classify(known, { top: 3 }).predictions).toEqual(all.slice(0, 3));
  });

  test("orders equal scores by id", () => {
    const even = createClassifier({ ...model, prior: model.prior.map(() => 1 / 8) });
    expect(even.classify("", { top: 8 }).predictions.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("falls back to the prior where it knows nothing of the text", () => {
    const { path, predictions } = classify("ххх", { top: 1 });
    expect(path).toBe("prior");
    expect(predictions).toEqual([{ id: 8, label: "other", score: Math.fround(8 / 36) }]);
  });

  test("goes from full over reduced to prior as the budget shrinks, and never beyond it", () => {
    const full = classify(known, { top: 8 });
    expect(classify(known, { top: 8, operationBudget: 10 * full.operations })).toEqual(full);
    const paths = new Set<string>();
    for (let budget = 0; budget <= 2 * full.operations; budget += 7) {
      const answer = classify(known, { top: 1, operationBudget: budget });
      expect(answer.operations).toBeLessThanOrEqual(budget);
      paths.add(answer.path);
    }
    expect([...paths]).toEqual(["prior", "reduced", "full"]);
  });

  test("keeps to any budget for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2100 }), fc.nat(20_000), (text, operationBudget) => {
        expect(classify(known + text, { top: 3, operationBudget }).operations).toBeLessThanOrEqual(operationBudget);
      }),
    );
  });

  test("a lower temperature sharpens", () => {
    const sharp = createClassifier({ ...model, temperature: 0.1 });
    expect(sharp.classify(known, { top: 1 }).confidence).toBeGreaterThan(classify(known, { top: 1 }).confidence);
  });

  test.each([0, -1, 1.5, Number.NaN])("top %f is an InputError", (top) => {
    expect(() => classify(known, { top })).toThrow(InputError);
  });
});
