import { expect, test } from "vitest";
import { type PlannedRun, secondsLeft } from "./backfill.ts";

const plan: PlannedRun[] = [
  { date: "2026-11-01", reason: "done", cached: true },
  { date: "2026-11-02", reason: "never run", cached: false },
  { date: "2026-11-03", reason: "failed earlier", cached: false },
  { date: "2026-11-04", reason: "never run", cached: false },
];
const left = (dates: string[], seconds: number) => secondsLeft(plan, { done: new Set(dates), seconds });

test("what is left of a backfill is told by what was run, not by what had been done before", () => {
  expect(left([], 0)).toBeUndefined();
  expect(left(["2026-11-01"], 1)).toBeUndefined();
  expect(left(["2026-11-01", "2026-11-02"], 30)).toBe(60);
  expect(left(["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04"], 90)).toBe(0);
});
