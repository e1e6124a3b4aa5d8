import { describe, expect, test } from "vitest";
import { ExperimentPlan } from "#contracts/experiment.ts";
import { assessWeek, nextExperiment } from "./weekly.ts";

const settings = { data_required: 5000, target: 0.85 };
const evidence = { pairs: 1536, worse: 30, better: 60, drop: -0.0195, drop_lower: -0.032, drop_upper: -0.007 };

describe("a week", () => {
  test("names as drift what the daily chain has lost against the full retrain, with its interval", () => {
    const { metrics } = assessWeek({ items: 7000, evidence, gradedTop3: 0.4 }, settings);
    expect(metrics).toMatchObject({ drift: 0.0195, drift_lower: 0.007, drift_upper: 0.032, pairs: 1536 });
    expect(metrics.data_required_met).toBe(true);
    expect(metrics.target_missing).toBeCloseTo(0.45);
  });
  test("says why it retrained from fewer pieces than the specification asks for", () => {
    const { metrics, summary } = assessWeek({ items: 4999, evidence: {}, gradedTop3: 0.4 }, settings);
    expect(metrics.data_required_met).toBe(false);
    expect(summary).toContain("fewer than weekly.data_required 5000");
  });
  test("measures no drift without a chain: absent, never zero", () => {
    expect(assessWeek({ items: 1, evidence: {}, gradedTop3: 0.4 }, settings).metrics).not.toHaveProperty("drift");
  });
});

test("next week's experiment is one that can be created, in the specification's shares", () => {
  const plan = ExperimentPlan.parse(nextExperiment("2026-11-28", "a".repeat(64), "b".repeat(64)));
  expect(plan.arms.map(({ name, basisPoints }) => [name, basisPoints])).toEqual([
    ["control", 500],
    ["experimental", 500],
  ]);
});
