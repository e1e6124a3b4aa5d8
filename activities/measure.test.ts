import { expect, it } from "vitest";
import { NotReachableError } from "#contracts/errors.ts";
import { ALERT_RULES } from "#policy/alerts/rules.ts";
import { edgeSamples } from "./edge-samples.ts";
import { missingOf } from "./measure.ts";

const POINTER = { current: { sha256: "a", version: "v1" }, experiments: [] };
type Edge = Parameters<typeof edgeSamples>[0];

/** An edge that was asked 200 times in the last hour: 4 answers by the prior, 6 requests answered 5xx. */
const edge: Edge = {
  metrics: async () =>
    '# HELP x\nhaqei_edge_budget_operations 2100000\nhaqei_edge_operations_per_millisecond 70000\nhaqei_edge_memory_bytes 25000000\nhaqei_edge_buckets_total{bucket="current"} 3\n',
  pointer: async () => POINTER as never,
  analytics: async ({ metric, from, to, groupBy = [] }) => {
    const row = (group: object, sum: number, count: number, quantiles = {}) => ({
      group,
      sum,
      count,
      mean: null,
      quantiles,
    });
    const rows = {
      errors: [row({ route: "/api/classify" }, 6, 206), row({ route: "/api/feedback" }, 50, 50)],
      answers: groupBy.includes("model")
        ? [
            row({ model: "a", bucket: "current" }, 150, 150),
            row({ model: "b", bucket: "current" }, 50, 50),
            row({ model: "b", bucket: "simple" }, 9, 9),
          ]
        : [row({ path: "full" }, 190, 190), row({ path: "reduced" }, 6, 6), row({ path: "prior" }, 4, 4)],
      operations: [row({}, 1e6, 200, { "0.5": 70_000, "0.95": 140_000, "0.99": 1_995_000 })],
    }[metric as string];
    return { metric, unit: "", from, to, rows: rows ?? [] };
  },
};

it("makes rates of what the edge counted, with how many they rest on", async () => {
  const samples = await edgeSamples(edge, 1e12, 1);
  expect(samples.error_rate).toEqual({ value: 10 / 206, n: 206 });
  expect(samples).toMatchObject({
    error_rate_3d: { value: 10 / 206, n: 206 },
    errors_1h: { value: 10, n: 206 },
    fallback_rate: { value: 0.05, n: 200 },
    operations_p99_share: { value: 0.95, n: 200 },
    workers_cpu_p50: { value: 1 },
    cpu_time_p99: { value: 28.5 },
    memory_usage: { value: 25 },
    version_consistency: { value: 0.75, n: 200 },
    cache_hit_rate: { value: 0, n: 0 },
  });
});

it("misses nothing of the edge's that a rule looks at", async () => {
  const missing = missingOf(await edgeSamples(edge, 1e12, 1));
  // What others than the edge's counters tell.
  expect(missing).toEqual([
    "accuracy",
    "accuracy_blessed",
    "new_words_detected",
    "model_update_available",
    "accuracy_drop_lower",
    "prediction_error_rate_lower",
    "accuracy_drop",
    "response_slower_ms",
  ]);
  expect(missingOf({}).length).toBeGreaterThanOrEqual(ALERT_RULES.length - 1);
});

it("takes the bundled model's answers for no error while nothing was released", async () => {
  expect((await edgeSamples(edge, 1e12, undefined)).error_rate).toEqual({ value: 6 / 206, n: 206 });
  expect((await edgeSamples(edge, 1e12, 1e12 - 5000)).error_rate).toEqual({ value: 6 / 206, n: 206 });
});

it("does not take an edge that is away for one that is well", async () => {
  const away = async () => Promise.reject(new NotReachableError("away", "wait"));
  await expect(edgeSamples({ ...edge, pointer: away }, 1e12, 1)).rejects.toThrow(NotReachableError);
});
