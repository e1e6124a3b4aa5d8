import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lnBeta, lnIncompleteBeta } from "./beta.ts";

/** I_x(a, b) for whole a and b: the chance of a successes or more in a + b - 1 trials. */
function binomialTail(x: number, a: number, b: number): number {
  const n = a + b - 1;
  let sum = 0;
  for (let j = a; j <= n; j += 1)
    sum += Math.exp(-Math.log(n + 1) - lnBeta(j + 1, n - j + 1) + j * Math.log(x) + (n - j) * Math.log(1 - x));
  return sum;
}

describe("lnIncompleteBeta", () => {
  test("of whole counts is the binomial's tail", () => {
    const count = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), count, count, (x, a, b) => {
        const tail = binomialTail(x, a, b);
        expect(Math.abs(lnIncompleteBeta(x, a, b) - Math.log(tail))).toBeLessThan(1e-9);
      }),
    );
  });
  test("and its complement's are 1 together, also for large counts", () => {
    for (const [x, a, b] of [
      [0.01, 1001, 98_002],
      [0.5, 500_000, 501_000],
      [0.05, 2, 3],
    ] as const)
      expect(Math.exp(lnIncompleteBeta(x, a, b)) + Math.exp(lnIncompleteBeta(1 - x, b, a))).toBeCloseTo(1, 9);
  });
  test("stays finite where the function itself is 0 in floating point", () => {
    const value = lnIncompleteBeta(0.01, 5001, 5001);
    expect(value).toBeLessThan(-745);
    expect(Number.isFinite(value)).toBe(true);
  });
  test("at the ends", () => {
    expect(lnIncompleteBeta(0, 2, 3)).toBe(Number.NEGATIVE_INFINITY);
    expect(lnIncompleteBeta(1, 2, 3)).toBe(0);
  });
});
