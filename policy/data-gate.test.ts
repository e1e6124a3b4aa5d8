import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Config } from "#contracts/config.ts";
import { dataFaults, totalVariation } from "./data-gate.ts";

const limits = Config.parse({}).preprocess;
const counts = (record: Record<string, number>) => new Map(Object.entries(record));

describe("dataFaults", () => {
  test("enough examples of the usual labels have no fault", () => {
    expect(dataFaults({ train: 500, learnt: 200, labelShift: 0.8 }, limits)).toEqual([]);
  });
  test("one example too few is refused, with the limit's name", () => {
    expect(dataFaults({ train: 499, learnt: 0, labelShift: 0 }, limits)).toEqual([
      expect.stringContaining("preprocess.minimumExamples 500"),
    ]);
  });
  test("a label shift above the limit is refused, with the limit's name", () => {
    expect(dataFaults({ train: 5000, learnt: 200, labelShift: 0.81 }, limits)).toEqual([
      expect.stringContaining("preprocess.maximumLabelShift 0.8"),
    ]);
  });
  test("from too little feedback no label shift is read", () => {
    expect(dataFaults({ train: 5000, learnt: 199, labelShift: 1 }, limits)).toEqual([]);
  });
  test("both faults are named at once", () => {
    expect(dataFaults({ train: 300, learnt: 300, labelShift: 1 }, limits)).toHaveLength(2);
  });
});

describe("totalVariation", () => {
  test("half the sum of absolute differences of shares", () => {
    expect(totalVariation(counts({ a: 1, b: 1 }), counts({ a: 3, b: 1 }))).toBeCloseTo(0.25, 12);
    expect(totalVariation(counts({ a: 5 }), counts({ b: 2 }))).toBe(1);
  });
  test("is 0 where either is empty", () => {
    expect(totalVariation(counts({}), counts({ a: 1 }))).toBe(0);
    expect(totalVariation(counts({ a: 1 }), counts({ b: 0 }))).toBe(0);
  });
  const distribution = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 0, max: 100 })).map(counts);
  test("is symmetric, within 0 and 1, and 0 for the same shares at any size", () => {
    fc.assert(
      fc.property(distribution, distribution, fc.integer({ min: 1, max: 9 }), (a, b, times) => {
        const distance = totalVariation(a, b);
        expect(distance).toBeCloseTo(totalVariation(b, a), 12);
        expect(distance).toBeGreaterThanOrEqual(0);
        expect(distance).toBeLessThanOrEqual(1 + 1e-12);
        expect(totalVariation(a, new Map([...a].map(([label, n]) => [label, n * times])))).toBeCloseTo(0, 12);
      }),
    );
  });
});
