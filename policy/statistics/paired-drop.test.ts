import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pairedDrop } from "./paired-drop.ts";

describe("pairedDrop", () => {
  // Reference values for alpha 0.05, tightest at 500: n, worse, better, mean, lower, upper.
  test.each([
    [400, 9, 6, 0.0075, -0.0195, 0.0345],
    [400, 30, 6, 0.06, 0.018986, 0.101014],
    [1000, 25, 20, 0.005, -0.013796, 0.023796],
    [200, 6, 6, 0, -0.050113, 0.050113],
  ])("of %i pairs, %i worse and %i better, is the reference's", (n, worse, better, mean, lower, upper) => {
    const drop = pairedDrop(n, worse, better);
    expect(drop.estimate).toBeCloseTo(mean, 6);
    expect(drop.lower).toBeCloseTo(lower, 5);
    expect(drop.upper).toBeCloseTo(upper, 5);
  });

  test("fewer than two pairs bound nothing", () => {
    expect(pairedDrop(0, 0, 0)).toEqual({
      estimate: 0,
      lower: Number.NEGATIVE_INFINITY,
      upper: Number.POSITIVE_INFINITY,
    });
    expect(pairedDrop(1, 1, 0)).toEqual({
      estimate: 1,
      lower: Number.NEGATIVE_INFINITY,
      upper: Number.POSITIVE_INFINITY,
    });
  });

  const pairs = fc
    .integer({ min: 2, max: 3000 })
    .chain((n) =>
      fc
        .integer({ min: 0, max: n })
        .chain((worse) => fc.tuple(fc.constant(n), fc.constant(worse), fc.integer({ min: 0, max: n - worse }))),
    );
  test("bounds are finite, hold the estimate, and change sides with the roles", () => {
    fc.assert(
      fc.property(pairs, ([n, worse, better]) => {
        const drop = pairedDrop(n, worse, better);
        const turned = pairedDrop(n, better, worse);
        expect(Number.isFinite(drop.lower) && Number.isFinite(drop.upper)).toBe(true);
        expect(drop.lower).toBeLessThanOrEqual(drop.estimate);
        expect(drop.upper).toBeGreaterThanOrEqual(drop.estimate);
        expect(turned.lower).toBeCloseTo(-drop.upper, 10);
        expect(turned.upper).toBeCloseTo(-drop.lower, 10);
      }),
    );
  });
  test("a smaller chance of error widens them", () => {
    fc.assert(
      fc.property(pairs, ([n, worse, better]) => {
        expect(pairedDrop(n, worse, better, 0.01).upper).toBeGreaterThanOrEqual(
          pairedDrop(n, worse, better, 0.05).upper,
        );
      }),
    );
  });
});
