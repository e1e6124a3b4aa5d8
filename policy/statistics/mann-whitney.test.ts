import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shift } from "./mann-whitney.ts";

describe("shift", () => {
  test("the reference's samples", () => {
    expect(shift([10, 20, 30, 40], [1, 2, 3, 4], 0.05)).toEqual({ estimate: 22.5, lower: 6, upper: 39 });
  });
  test("of too few values has no bounds, of none no estimate", () => {
    expect(shift([1, 2, 3], [4, 5, 6], 0.05)).toEqual({
      estimate: -3,
      lower: Number.NEGATIVE_INFINITY,
      upper: Number.POSITIVE_INFINITY,
    });
    expect(shift([], [1], 0.05)).toBeUndefined();
    expect(shift([1], [], 0.05)).toBeUndefined();
  });

  const sample = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 40 });
  test("the estimate is the median of all differences, and bounds are differences in order around it", () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const differences = a.flatMap((x) => b.map((y) => x - y)).sort((x, y) => x - y);
        const middle = (rank: number) => differences[rank - 1] as number;
        const half = differences.length / 2;
        const bounds = shift(a, b, 0.05);
        expect(bounds?.estimate).toBeCloseTo((middle(Math.ceil(half)) + middle(Math.floor(half) + 1)) / 2, 9);
        if (!bounds || !Number.isFinite(bounds.lower)) return;
        expect(bounds.lower).toBeLessThanOrEqual(bounds.estimate);
        expect(bounds.upper).toBeGreaterThanOrEqual(bounds.estimate);
        for (const bound of [bounds.lower, bounds.upper])
          expect(Math.min(...differences.map((one) => Math.abs(one - bound)))).toBeLessThan(1e-9);
      }),
    );
  });
  test("moves with a sample that is moved", () => {
    fc.assert(
      fc.property(sample, sample, fc.integer({ min: -100, max: 100 }), (a, b, by) => {
        const [before, after] = [
          shift(a, b, 0.05),
          shift(
            a.map((x) => x + by),
            b,
            0.05,
          ),
        ];
        expect((after?.estimate ?? 0) - (before?.estimate ?? 0)).toBeCloseTo(by, 8);
      }),
    );
  });
});
