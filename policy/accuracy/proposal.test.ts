import { describe, expect, it } from "vitest";
import { Config } from "#contracts/config.ts";
import { addDays } from "../logical-date.ts";
import { proposalFor } from "./proposal.ts";
import { milestonesReached, trackDay } from "./tracker.ts";

const config = Config.parse({ training: { maxBytes: 800_000 } });
const START = "2026-01-01";

/** Where the tracker stands so many days after the start, at a value with its half-width. */
function standing(daysSince: number, value: number, half = 0.02) {
  const estimate = { value, lo: value - half, hi: value + half, n: 400 };
  const date = addDays(START, daysSince);
  const sources = { realTime: estimate, abTest: null, feedback: null };
  return {
    days: [trackDay(date, sources, daysSince, config.accuracy)],
    start: START,
    milestones: milestonesReached(Math.round(value * 400), 400, config.accuracy),
  };
}
const changed = (...of: Parameters<typeof standing>) =>
  Object.fromEntries(proposalFor(standing(...of), config).changes.map(({ path, to }) => [path.join("."), to]));

describe("what is proposed", () => {
  it("is the specification's measure for each milestone that was missed, and for the day's status", () => {
    expect(changed(15, 0.55)).toEqual({
      "daily.data_required": 250,
      "compression.shipBytes": 1_120_000,
      "training.maxBytes": 1_120_000,
    });
    expect(changed(40, 0.5)).toMatchObject({ "teacher.url": expect.stringContaining("http") });
    expect(changed(100, 0.5)).toMatchObject({ "release.approval": true });
    expect(changed(7, 0.57)).toMatchObject({ "learning.priority_learning.enabled": true });
    const { steps } = proposalFor(standing(100, 0.5), config);
    expect(steps.map(({ action }) => action)).toContain("review the cache strategy");
    expect(new Set(steps.map(({ action }) => action)).size).toBe(steps.length);
  });

  it("is nothing where a milestone is not due, where the interval reaches it, or where nobody judged", () => {
    expect(changed(6, 0.59)).toEqual({});
    expect(changed(7, 0.585, 0.03)).toEqual({});
    expect(changed(200, 0.86)).toEqual({});
    const nobody = { realTime: null, abTest: null, feedback: null };
    const silent = { ...standing(40, 0.3), days: [trackDay("2026-02-10", nobody, 40, config.accuracy)] };
    expect(proposalFor(silent, config)).toEqual({ changes: [], steps: [] });
    expect(proposalFor({ ...standing(40, 0.3), start: null }, config)).toEqual({ changes: [], steps: [] });
  });

  it("says of each change where it comes from, and offers none that is in force already", () => {
    const { changes } = proposalFor(standing(40, 0.5), config);
    for (const { because } of changes) expect(because).toMatch(/\(7\.[13]\): graded_top3 0\.500 \(0\.480-0\.520\)/);
    const loose = Config.parse({ teacher: { url: "http://teacher.example/v1" } });
    const paths = proposalFor(standing(40, 0.5), loose).changes.map(({ path }) => path.join("."));
    expect(paths).not.toContain("teacher.url");
    expect(paths).not.toContain("training.maxBytes");
  });
});
