import { describe, expect, test } from "vitest";
import { Config } from "#contracts/config.ts";
import { planOf } from "./run-plan.ts";

const config = Config.parse({ weekly: { stages: { "05:compress": 33 } } });

describe("what a kind of run is given", () => {
  test("a day keeps the specification's stages and window", () => {
    expect(planOf(config, "daily")).toEqual({ minutes: config.daily.stages, windowMinutes: 120, windowDays: 30 });
  });
  test("an emergency fits into its 30 minutes as a whole (7.2)", () => {
    const { minutes, windowMinutes } = planOf(config, "emergency");
    expect(Object.keys(minutes)).toEqual(Object.keys(config.daily.stages));
    expect(Object.values(minutes).reduce((a, b) => a + b)).toBeLessThanOrEqual(windowMinutes);
    expect(windowMinutes).toBe(30);
  });
  test("a week takes the day's minutes where it has none of its own, and a year of events", () => {
    const { minutes, windowMinutes, windowDays } = planOf(config, "weekly");
    expect(minutes).toMatchObject({ "01:collect": 5, "03:train": 120, "05:compress": 33, "08:assess": 5 });
    expect(windowMinutes).toBeGreaterThanOrEqual(163);
    expect(windowDays).toBe(366);
  });
});
