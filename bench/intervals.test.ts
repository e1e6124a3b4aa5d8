import fc from "fast-check";
import { expect, test } from "vitest";
import { auroc, pairedMean } from "./intervals.ts";

const scores = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 30 });

test("the area is the share of pairs that are in order, and turns with the sides", () => {
  fc.assert(
    fc.property(scores, scores, (inside, outside) => {
      const pairs = inside.flatMap((a) => outside.map((b): number => (a > b ? 1 : a === b ? 0.5 : 0)));
      const { value, lo, hi } = auroc(inside, outside);
      expect(value).toBeCloseTo(pairs.reduce((sum, one) => sum + one, 0) / pairs.length, 12);
      const turned = auroc(outside, inside);
      expect(turned.value).toBeCloseTo(1 - value, 12);
      expect(turned.hi - turned.lo).toBeCloseTo(hi - lo, 12);
    }),
  );
});

// By hand: the scores stand at 1, 1, 1/2 and at 1, 2/3, and each mean has the variance 1/36.
test("its interval is DeLong's", () => {
  const { value, lo, hi } = auroc([3, 4, 2], [1, 2.5]);
  expect(value).toBeCloseTo(5 / 6, 12);
  expect((hi - lo) / 2).toBeCloseTo(1.959964 * Math.sqrt(2 / 36), 6);
});

test("a mean of pairs has the usual interval", () => {
  const { value, lo, hi } = pairedMean([1, 0, 0, -1, 0, 1, 0, 0]);
  expect(value).toBeCloseTo(0.125, 12);
  expect((hi - lo) / 2).toBeCloseTo(1.959964 * Math.sqrt(0.4107142857 / 8), 6);
});
