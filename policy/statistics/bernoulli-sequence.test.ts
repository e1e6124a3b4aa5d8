import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wilson } from "#contracts/wilson.ts";
import { bernoulliSequence } from "./bernoulli-sequence.ts";

describe("confidence sequence of a share", () => {
  it.each([
    // From confseq's own tests, and its other values.
    [700, 1000, 100, 0.651629, 0.745949],
    [15, 50, 50, 0.129556, 0.511896],
    [5, 50, 50, 0.013021, 0.269264],
  ])("of %i in %i is confseq's", (successes, n, tightestAt, lo, hi) => {
    const bounds = bernoulliSequence(successes, n, { alpha: 0.05, tightestAt });
    expect(bounds.lo).toBeCloseTo(lo, 5);
    expect(bounds.hi).toBeCloseTo(hi, 5);
  });

  it("lies around the share, is wider than an interval for one look, and mirrors failures", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, at) => {
        const successes = Math.round(at * n);
        const options = { alpha: 0.05, tightestAt: 100 };
        const { lo, hi } = bernoulliSequence(successes, n, options);
        const once = wilson(successes, n);
        expect(lo).toBeLessThanOrEqual(successes / n);
        expect(hi).toBeGreaterThanOrEqual(successes / n);
        // At the ends Wilson's interval is no exact one and may be the wider.
        if (Math.min(successes, n - successes) >= 5) expect(hi - lo).toBeGreaterThan(once.hi - once.lo);
        const mirrored = bernoulliSequence(n - successes, n, options);
        expect(mirrored.lo).toBeCloseTo(1 - hi, 8);
        expect(mirrored.hi).toBeCloseTo(1 - lo, 8);
      }),
    );
  });

  it("says nothing of nothing", () => {
    expect(bernoulliSequence(0, 0, { alpha: 0.05, tightestAt: 100 })).toEqual({ lo: 0, hi: 1 });
  });
});
