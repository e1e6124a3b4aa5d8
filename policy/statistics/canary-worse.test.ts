import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lnCanaryWorse } from "./canary-worse.ts";

describe("lnCanaryWorse", () => {
  // Reference values: bad in the canary, bad in both, the canary's share, e-value.
  test.each([
    [0, 0, 0.5, 1],
    [3, 3, 0.5, 3.75],
    [6, 6, 0.5, 18.142857],
    [7, 7, 0.5, 31.875],
    [8, 9, 0.5, 11.255556],
    [9, 15, 0.5, 0.632405],
    [12, 14, 0.5, 23.917216],
    [20, 30, 0.5, 2.224093],
    [4, 10, 0.05, 99.17316],
    [5, 20, 0.05, 22.321195],
    [2, 40, 0.05, 0.061288],
  ])("of %i among %i at share %d", (x, k, share, e) => {
    expect(Math.exp(lnCanaryWorse(x, k, share))).toBeCloseTo(e, 5);
  });

  test("an arm without users is evidence of nothing", () => {
    expect(lnCanaryWorse(0, 12, 0)).toBe(0);
    expect(lnCanaryWorse(12, 12, 1)).toBe(0);
  });
  test("is finite for the counts of a busy day", () => {
    expect(Number.isFinite(lnCanaryWorse(100_000, 150_000, 0.5))).toBe(true);
    expect(Number.isFinite(lnCanaryWorse(10, 1_000_000, 0.5))).toBe(true);
  });
  test("grows with each bad user of the canary and shrinks with each of the stable arm", () => {
    const counts = fc.tuple(fc.nat(300), fc.nat(300), fc.double({ min: 0.01, max: 0.9, noNaN: true }));
    fc.assert(
      fc.property(counts, ([x, y, share]) => {
        const before = lnCanaryWorse(x, x + y, share);
        expect(lnCanaryWorse(x + 1, x + 1 + y, share)).toBeGreaterThan(before);
        expect(lnCanaryWorse(x, x + y + 1, share)).toBeLessThan(before);
      }),
    );
  });
  test("has expectation 1 where both arms are equal", () => {
    for (const [k, share] of [
      [5, 0.5],
      [30, 0.05],
      [60, 0.25],
    ] as const) {
      let [expectation, chance] = [0, (1 - share) ** k];
      for (let x = 0; x <= k; x += 1) {
        expectation += chance * Math.exp(lnCanaryWorse(x, k, share));
        chance *= ((k - x) / (x + 1)) * (share / (1 - share));
      }
      expect(expectation).toBeCloseTo(1, 8);
    }
  });
});
