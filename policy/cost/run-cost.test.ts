import { expect, it } from "vitest";
import type { RunReport } from "#contracts/run.ts";
import { runCost } from "./run-cost.ts";

it("adds up what was made and computed, and nothing that was kept from before", () => {
  const output = { kind: "model", sha256: "a".repeat(64), bytes: 500 };
  const stage = { attempt: 1, seconds: 9, output };
  const run: RunReport = {
    workflowId: "daily-2026-11-03",
    runId: "r",
    kind: "daily",
    date: "2026-11-03",
    status: "completed",
    metrics: {},
    actions: 27,
    stages: [
      { ...stage, name: "01:collect", status: "cached", actions: 1 },
      { ...stage, name: "03:train", status: "ran", cpuSeconds: 8, actions: 3 },
      { ...stage, name: "05:compress", status: "ran", cpuSeconds: 2, actions: 2 },
    ],
  };
  expect(runCost(run)).toMatchObject({ workflowId: "daily-2026-11-03", cpuSeconds: 10, bytes: 1000, actions: 27 });
  expect(runCost(run).stages[0]).toEqual({ name: "01:collect", cpuSeconds: 0, bytes: 0, actions: 1 });
});
