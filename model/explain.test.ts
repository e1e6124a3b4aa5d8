import { describe, expect, test } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { createExplainer } from "./explain.ts";
import { goldenModel } from "./golden.ts";
import { createClassifier } from "./score.ts";

const model = goldenModel();
const { explain } = createExplainer(model);
const text = "転職するか迷っている";

describe("explain", () => {
  test("lists n-grams of the query that speak for the class, strongest first", () => {
    const reasons = explain(text, 1, 5);
    expect(reasons).toHaveLength(5);
    expect(reasons.map(({ weight }) => weight)).toEqual(reasons.map(({ weight }) => weight).sort((a, b) => b - a));
    for (const { term, weight } of reasons) {
      expect(text).toContain(term);
      expect(weight).toBeGreaterThan(0);
    }
    expect(new Set(reasons.map(({ term }) => term)).size).toBe(5);
  });

  test("weights of all n-grams add up to how far the class's logit lies above the mean", () => {
    // A head with the negative gives the n-grams that speak against the class.
    const against = createExplainer({ ...model, head: model.head.map((value) => -value) });
    const total = (reasons: { weight: number }[]) => reasons.reduce((sum, { weight }) => sum + weight, 0);
    const above = total(explain(text, 2, 1000)) - total(against.explain(text, 2, 1000));

    const plain = createClassifier({ ...model, bias: model.bias.map(() => 0), temperature: 1 });
    const logs = plain.classify(text, { top: 8 }).predictions.map(({ id, score }) => ({ id, log: Math.log(score) }));
    const mean = logs.reduce((sum, { log }) => sum + log / 8, 0);
    expect(above).toBeCloseTo((logs.find(({ id }) => id === 2)?.log ?? Number.NaN) - mean, 4);
  });

  test("has nothing to say about unknown text", () => {
    expect(explain("ххх", 1, 5)).toEqual([]);
  });

  test.each([0, 9, 1.5])("an id of %f is an InputError", (id) => {
    expect(() => explain(text, id, 5)).toThrow(InputError);
  });
});
