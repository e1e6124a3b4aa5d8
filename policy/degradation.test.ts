import { describe, expect, test } from "vitest";
import { Config } from "#contracts/config.ts";
import { judgeDegradation } from "./degradation.ts";

const limits = Config.parse({}).compression.degradation;

describe("judgeDegradation (specification 6.3)", () => {
  test.each<[number, number, string]>([
    [0.85, 0.85, "MONITOR"],
    [0.85, 0.95, "MONITOR"],
    [0.85, 0.821, "MONITOR"],
    [0.85, 0.82, "ADJUST"],
    [0.85, 0.8, "ADJUST"],
    [0.85, 0.799, "ROLLBACK"],
    [0.85, 0, "ROLLBACK"],
    [Number.NaN, 0.8, "MONITOR"],
  ])("from %f to %f: %s", (baseline, current, action) => {
    const judged = judgeDegradation(baseline, current, limits);
    expect(judged.action).toBe(action);
    expect(judged.steps).toHaveLength(3);
  });

  test("a fall is positive, a rise negative", () => {
    expect(judgeDegradation(0.8, 0.7, limits).degradation).toBe(0.1);
    expect(judgeDegradation(0.7, 0.8, limits).degradation).toBe(-0.1);
  });
});
