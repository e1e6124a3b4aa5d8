import { describe, expect, test } from "vitest";
import { lnGamma, upperGamma } from "./gamma.ts";

describe("lnGamma", () => {
  test("of whole numbers is the logarithm of factorials", () => {
    let lnFactorial = 0;
    for (let n = 1; n <= 400; n += 1) {
      expect(Math.abs(lnGamma(n) - lnFactorial)).toBeLessThan(1e-13 * Math.max(10, lnFactorial));
      lnFactorial += Math.log(n);
    }
  });
  test("of a half is that of the root of pi", () => {
    expect(lnGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 13);
  });
});

describe("upperGamma", () => {
  test("for a = 1 is the exponential's tail, for a = 3 Poisson's sum", () => {
    for (const x of [0.01, 0.5, 1, 2, 3.9, 4.1, 10, 50]) {
      expect(upperGamma(1, x) / Math.exp(-x)).toBeCloseTo(1, 12);
      expect(upperGamma(3, x) / (Math.exp(-x) * (1 + x + (x * x) / 2))).toBeCloseTo(1, 12);
    }
  });
  test("of nothing is 1", () => {
    expect(upperGamma(2, 0)).toBe(1);
  });
  test("chi-square's usual limits", () => {
    expect(upperGamma(0.5, 3.841458820694124 / 2)).toBeCloseTo(0.05, 12);
    expect(upperGamma(1.5, 7.814727903251179 / 2)).toBeCloseTo(0.05, 12);
  });
});
