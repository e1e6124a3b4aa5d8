import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Estimate } from "#contracts/accuracy.ts";
import { AccuracyConfig } from "#contracts/config.ts";
import { expectedAccuracy, milestonesReached, trackDay } from "./tracker.ts";

const config = AccuracyConfig.parse({});
const estimate = (value: number, half = 0.02): Estimate => ({ value, lo: value - half, hi: value + half, n: 400 });
const all = { realTime: estimate(0.6), abTest: estimate(0.7), feedback: estimate(0.8) };

describe("milestones", () => {
  it("are met on their days and interpolated between", () => {
    const at = (days: number) => Number(expectedAccuracy(days, config).toFixed(6));
    expect([0, 7, 14, 28, 56, 90].map(at)).toEqual([0.5, 0.6, 0.65, 0.7, 0.75, 0.85]);
    expect(at(3.5)).toBe(0.55);
    expect(at(42)).toBe(0.725);
    expect([-5, 1000].map(at)).toEqual([0.5, 0.85]);
  });
});

describe("milestones shown", () => {
  it("need the lower bound at the target, not the share", () => {
    const reached = (right: number, judged: number) =>
      milestonesReached(right, judged, config)
        .filter((milestone) => milestone.reached)
        .map(({ name }) => name);
    expect(reached(61, 100)).toEqual([]);
    expect(reached(6_400, 10_000)).toEqual(["week1"]);
    expect(reached(0, 0)).toEqual([]);
    expect(reached(9_000, 10_000)).toEqual(["week1", "week2", "week4", "week8", "month3"]);
  });
});

describe("a day of the tracker", () => {
  it("weighs half, three tenths and a fifth", () => {
    const { weighted, weights } = trackDay("2026-11-03", all, 7, config);
    expect(weights).toEqual({ realTime: 0.5, abTest: 0.3, feedback: 0.2 });
    expect(weighted?.value).toBeCloseTo(0.67, 12);
    // Independent half-widths of 0.02: 0.02 * sqrt(.25 + .09 + .04).
    expect((weighted?.hi ?? 0) - (weighted?.value ?? 0)).toBeCloseTo(0.02 * Math.sqrt(0.38), 12);
  });

  it("shares a missing source's weight out and shows it, and never counts it as zero", () => {
    const { weights, weighted } = trackDay("2026-11-03", { ...all, abTest: null }, 7, config);
    expect(weights.abTest).toBe(0);
    expect(weights.realTime).toBeCloseTo(5 / 7, 12);
    expect(weighted?.value).toBeCloseTo((0.5 * 0.6 + 0.2 * 0.8) / 0.7, 12);
    expect(trackDay("2026-11-03", { realTime: null, abTest: null, feedback: null }, 7, config)).toMatchObject({
      weighted: null,
      gap: null,
      status: "UNKNOWN",
      weights: { realTime: 0, abTest: 0, feedback: 0 },
    });
  });

  it("is URGENT above a gap of 0.05, WARNING above 0.02, and not at the limits", () => {
    const status = (value: number) => {
      const same = { realTime: estimate(value), abTest: null, feedback: null };
      return trackDay("2026-11-03", same, 14, config).status;
    };
    expect([0.59, 0.6, 0.629, 0.63, 0.9].map(status)).toEqual(["URGENT", "WARNING", "WARNING", "OK", "OK"]);
  });

  it("stays between its sources, whichever are there", () => {
    const maybe = fc.option(fc.double({ min: 0.1, max: 0.9, noNaN: true }).map((value) => estimate(value)));
    fc.assert(
      fc.property(maybe, maybe, maybe, (realTime, abTest, feedback) => {
        const { weighted } = trackDay("2026-11-03", { realTime, abTest, feedback }, null, config);
        const values = [realTime, abTest, feedback].flatMap((source) => (source === null ? [] : [source.value]));
        if (values.length === 0) expect(weighted).toBeNull();
        else {
          expect(weighted?.value).toBeGreaterThanOrEqual(Math.min(...values) - 1e-12);
          expect(weighted?.value).toBeLessThanOrEqual(Math.max(...values) + 1e-12);
        }
      }),
    );
  });
});
