import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lnAboveLimit, lnBelowLimit } from "./absolute-limit.ts";
import { lnCanaryWorse } from "./canary-worse.ts";

describe("lnAboveLimit", () => {
  // Reference values for a limit of 1%: bad, n, e-value.
  test.each([
    [0, 0, 1],
    [3, 50, 5.098721],
    [8, 250, 17.588137],
    [10, 250, 135.745183],
    [12, 500, 15.305888],
    [20, 1000, 20.512386],
    [10, 1000, 0.348915],
  ])("%i of %i", (bad, n, e) => {
    expect(Math.exp(lnAboveLimit(bad, n, 0.01))).toBeCloseTo(e, 5);
  });
  test("is finite for the counts of a busy day", () => {
    expect(Number.isFinite(lnAboveLimit(50_000, 1_000_000, 0.01))).toBe(true);
    expect(Number.isFinite(lnAboveLimit(0, 1_000_000, 0.01))).toBe(true);
  });
});

describe("lnBelowLimit", () => {
  test("without one bad user takes 449 users to show less than 1%", () => {
    expect(Math.exp(lnBelowLimit(0, 448, 0.01))).toBeLessThan(20);
    expect(Math.exp(lnBelowLimit(0, 449, 0.01))).toBeGreaterThan(20);
  });
  test("is the mirror of the conditional-binomial e-value", () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(500), fc.double({ min: 0.005, max: 0.5, noNaN: true }), (bad, good, limit) => {
        const mirrored = lnCanaryWorse(good, good + bad, 1 - limit);
        expect(lnBelowLimit(bad, good + bad, limit)).toBeCloseTo(mirrored, 7);
      }),
    );
  });
});
