import { expect, it } from "vitest";
import { Config } from "#contracts/config.ts";
import type { ReleaseEvent } from "#contracts/release.ts";
import type { RunReport } from "#contracts/run.ts";
import { batchSamples } from "./batch-samples.ts";

const NOW = Date.parse("2026-11-20T03:00:00Z");
const MODEL = "a".repeat(64);

const run = (date: string, collect: "ran" | "failed", bytes = 1_638_400): RunReport => ({
  workflowId: `daily-${date}`,
  runId: "r",
  kind: "daily",
  date,
  status: collect === "failed" ? "failed" : "completed",
  stages: [
    { name: "01:collect", status: collect, seconds: 1, attempt: 1 },
    { name: "03:train", status: collect === "failed" ? "skipped" : "ran", seconds: 42, attempt: 1 },
  ],
  model: { sha256: MODEL, bytes, rung: "coded" },
  metrics: { "validate.top1": 0.4, "validate.n": 384 },
  verdict: { action: "promote", reason: "not-worse", evidence: {}, policyDigest: "p" },
});
const config = Config.parse({});

it("counts runs of thirty days, and says nothing of what never was", () => {
  const samples = batchSamples(
    [run("2026-11-19", "ran"), run("2026-11-18", "failed"), run("2026-09-01", "failed")],
    [],
    undefined,
    config,
    NOW,
  );
  expect(samples).toMatchObject({
    collection_success_rate: { value: 0.5, n: 2 },
    training_time: { value: 42, n: 1 },
    validation_accuracy: { value: 0.4, n: 384 },
    compression_target_reached: { value: 0.5 },
    rollbacks: { value: 0, n: 0 },
    model_update_available: { value: 1 },
  });
  expect(samples).not.toHaveProperty("deploy_success_rate");
  expect(samples).not.toHaveProperty("distribution_time");
});

it("has no update available once the model was released or taken away", () => {
  const event = (outcome: ReleaseEvent["outcome"]): ReleaseEvent => ({ at: NOW - 1, sha256: MODEL, outcome });
  const of = (releases: ReleaseEvent[]) => batchSamples([run("2026-11-19", "ran")], releases, undefined, config, NOW);
  expect(of([event("released")])).toMatchObject({
    model_update_available: { value: 0 },
    deploy_success_rate: { value: 1, n: 1 },
  });
  expect(of([event("released"), event("rolled-back")])).toMatchObject({
    model_update_available: { value: 0 },
    deploy_success_rate: { value: 0.5, n: 2 },
    rollbacks: { value: 1, n: 2 },
  });
});
