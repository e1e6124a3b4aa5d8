import { describe, expect, test } from "vitest";
import { alwaysValidP, confidenceSequence, mixture } from "./confidence-sequence.ts";

type Counts = readonly [x: number, n: number];

/** Difference b - a of two proportions with its standard error. */
function difference([xa, na]: Counts, [xb, nb]: Counts) {
  const [a, b] = [xa / na, xb / nb];
  return { estimate: b - a, se: Math.sqrt((a * (1 - a)) / na + (b * (1 - b)) / nb), n: na + nb };
}
const usual = { alpha: 0.05, tightestAt: 5000 };

describe("reference values", () => {
  test.each([
    [0.05, 5000, 0.03984006677137368],
    [0.05, 1000, 0.08908509752892212],
    [0.01, 5000, 0.04802861926125968],
    // One-sided: twice the alpha.
    [0.1, 5000, 0.03557768852889753],
    [0.1, 500, 0.11250652963536148],
  ])("rho for alpha %d, tightest at %i", (alpha, tightestAt, rho) => {
    expect(mixture(alpha, tightestAt)).toBeCloseTo(rho, 14);
  });

  test.each<[Counts, Counts, number, number]>([
    [[1396, 3000], [2422, 3461], 0.198049, 0.27088],
    [[12, 1000], [30, 1000], -0.001991, 0.037991],
    [[50, 5000], [85, 5000], -6.3e-5, 0.014063],
  ])("both bounds of %j against %j", (a, b, lower, upper) => {
    const { estimate, se, n } = difference(a, b);
    const bounds = confidenceSequence(estimate, se, n, { ...usual, sides: 2 });
    expect(bounds.lower).toBeCloseTo(lower, 6);
    expect(bounds.upper).toBeCloseTo(upper, 6);
  });

  test.each<[Counts, Counts, number, number]>([
    [[12, 1000], [30, 1000], -0.00047, 0.10091941873041793],
    [[50, 5000], [85, 5000], 0.000537, 0.05405855605173787],
  ])("one-sided lower bound and p-value of %j against %j", (a, b, lower, p) => {
    const { estimate, se, n } = difference(a, b);
    expect(confidenceSequence(estimate, se, n, { ...usual, sides: 1 }).lower).toBeCloseTo(lower, 6);
    expect(alwaysValidP(estimate, se, n, usual)).toBeCloseTo(p, 12);
  });

  test("the e-value of 12 and 30 of 1,000 is one over its p-value", () => {
    const { estimate, se, n } = difference([12, 1000], [30, 1000]);
    expect(1 / alwaysValidP(estimate, se, n, usual)).toBeCloseTo(9.908895756437724, 10);
  });

  test("relative to the other arm, by the delta method", () => {
    const [[xa, na], [xb, nb]] = [
      [1396, 3000],
      [2422, 3461],
    ] as const;
    const [a, b] = [xa / na, xb / nb];
    const se = Math.sqrt((b * (1 - b)) / nb / a ** 2 + ((a * (1 - a)) / na) * (b ** 2 / a ** 4));
    const bounds = confidenceSequence(b / a - 1, se, na + nb, { ...usual, sides: 2 });
    expect(se).toBeCloseTo(0.03386, 5);
    expect(bounds.estimate).toBeCloseTo(0.50386, 5);
    expect(bounds.lower).toBeCloseTo(0.40098, 5);
    expect(bounds.upper).toBeCloseTo(0.60675, 5);
  });
});

test("an estimate of 0 has p-value 1", () => {
  expect(alwaysValidP(0, 0.01, 1000, usual)).toBe(1);
});
