import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { createExplainer } from "./explain.ts";
import { spanOf, termOf } from "./features.ts";
import { goldenModel } from "./golden.ts";
import { createReader } from "./reader.ts";
import { createClassifier } from "./score.ts";

const model = goldenModel();
const { explain, explainAll } = createExplainer(model);
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

  test("of several classes in one pass is that of each alone", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (more, n) => {
        const ids = [3, 1, 8, 2];
        const { reasons } = explainAll(text + more, ids, n);
        expect(reasons).toEqual(ids.map((id) => createExplainer(model).explain(text + more, id, n)));
        for (const terms of reasons) expect(new Set(terms.map(({ term }) => term)).size).toBe(terms.length);
      }),
    );
  });

  test("adds up what is one term to a reader, and no more: every n-gram counts once", () => {
    // All weights of one class, by terms built as strings.
    const { ngrams, vector } = createReader(model).read(text, Number.POSITIVE_INFINITY);
    const terms = new Set(Array.from(vector.entries.subarray(0, vector.length), (entry) => termOf(ngrams, entry)));
    const against = createExplainer({ ...model, head: model.head.map((value) => -value) });
    const named = [...explain(text, 2, 1000), ...against.explain(text, 2, 1000)].map(({ term }) => term);
    expect(named.sort()).toEqual([...terms].sort());
    const spans = new Set(Array.from(vector.entries.subarray(0, vector.length), (entry) => spanOf(ngrams, entry)));
    expect(spans.size).toBe(terms.size);
  });

  test("keeps to a budget, or says nothing", () => {
    const { operations, reasons } = explainAll(text, [1, 2], 3);
    expect(explainAll(text, [1, 2], 3, operations).reasons).toEqual(reasons);
    expect(explainAll(text, [1, 2], 3, operations - 1)).toEqual({ reasons: [[], []], operations: 0 });
  });

  test("is of what was scored, where a reader is shared", () => {
    const reader = createReader(model);
    const classifier = createClassifier(model, reader);
    const shared = createExplainer(model, reader);
    const whole = classifier.classify(text, { top: 1 });
    expect(shared.explain(text, 1, 100)).toEqual(explain(text, 1, 100));
    const cut = classifier.classify(text, { top: 1, operationBudget: Math.ceil(whole.operations * 0.7) });
    expect(cut.path).toBe("reduced");
    expect(shared.explain(text, 1, 100).length).toBeLessThan(explain(text, 1, 100).length);
  });

  test("has nothing to say about unknown text", () => {
    expect(explain("ххх", 1, 5)).toEqual([]);
  });

  test.each([0, 9, 1.5])("an id of %f is an InputError", (id) => {
    expect(() => explain(text, id, 5)).toThrow(InputError);
  });
});
