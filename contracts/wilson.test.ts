import { describe, expect, test } from "vitest";
import { wilson } from "./wilson.ts";

describe("wilson", () => {
  // The first three are constants of statsmodels' proportion_confint(method="wilson").
  test.each([
    [18, 20, 0.6989663547715128, 0.972133518786232],
    [4, 200, 0.00780442641634947, 0.05028708690582643],
    [19, 38, 0.348499283643951, 0.651500716356049],
    [0, 250, 0, 0.0151333],
    [3, 250, 0.00408932, 0.03468078],
  ])("%i of %i", (successes, n, lo, hi) => {
    const share = wilson(successes, n);
    expect(share.value).toBe(successes / n);
    expect(share.lo).toBeCloseTo(lo, 7);
    expect(share.hi).toBeCloseTo(hi, 7);
  });

  test("stays within 0 and 1", () => {
    expect(wilson(0, 10).lo).toBe(0);
    expect(wilson(10, 10).hi).toBeCloseTo(1, 12);
    expect(wilson(10, 10).hi).toBeLessThanOrEqual(1);
    expect(wilson(0, 0)).toEqual({ value: Number.NaN, lo: 0, hi: 1 });
  });
});
