import { z } from "zod";

/**
 * What the edge counts, and where it stands in a data point: one map for the Analytics Engine, the local table and Prometheus. A row is a
 * `total` (sums over the requests of some seconds that are alike in all dimensions), a `sample` (one value and how many like it
 * it stands for) or a `user` (somebody who asked, as a salted hash). No text is in any.
 */
export const DIMENSIONS = {
  kind: "blob1",
  route: "blob2",
  status: "blob3",
  bucket: "blob4",
  model: "blob5",
  lang: "blob6",
  path: "blob7",
  cache: "blob8",
  user: "blob9",
  metric: "blob10",
} as const;
export type Dimension = keyof typeof DIMENSIONS;
export type Dimensions = Partial<Record<Dimension, string>>;

/** Each sum has a column; `per` names the count that its mean is taken over; `sampled` ones have quantiles. */
export const METRICS = {
  requests: { column: "double1", per: "requests", unit: "requests" },
  errors: { column: "double2", per: "requests", unit: "requests answered 5xx" },
  answers: { column: "double3", per: "answers", unit: "queries" },
  fallbacks: { column: "double4", per: "answers", unit: "queries answered by keywords or prior" },
  abstained: { column: "double5", per: "answers", unit: "queries" },
  timeouts: { column: "double6", per: "answers", unit: "queries that a model was not there in time for" },
  operations: { column: "double7", per: "answers", unit: "operations", sampled: true },
  cache_lookups: { column: "double8", per: "answers", unit: "look-ups" },
  cache_hits: { column: "double9", per: "cache_lookups", unit: "look-ups" },
  subrequests: { column: "double10", per: "requests", unit: "calls of KV, D1 and R2" },
  kv_calls: { column: "double11", per: "requests", unit: "calls" },
  kv_ms: { column: "double12", per: "kv_calls", unit: "ms", sampled: true },
  d1_calls: { column: "double13", per: "requests", unit: "calls" },
  d1_ms: { column: "double14", per: "d1_calls", unit: "ms", sampled: true },
  r2_calls: { column: "double15", per: "requests", unit: "calls" },
  r2_ms: { column: "double16", per: "r2_calls", unit: "ms", sampled: true },
  shadow_pairs: { column: "double17", per: "answers", unit: "queries that both models answered" },
  shadow_disagreements: { column: "double18", per: "shadow_pairs", unit: "queries" },
  d1_rows_read: { column: "double19", per: "d1_calls", unit: "rows that D1 says it read" },
  r2_bytes: { column: "double20", per: "r2_calls", unit: "bytes of objects opened" },
} as const satisfies Record<string, { column: string; per: string; unit: string; sampled?: boolean }>;
export type Metric = keyof typeof METRICS;
export type Values = Partial<Record<Metric, number>>;

export const METRIC_NAMES = Object.keys(METRICS) as [Metric, ...Metric[]];

/** By what a query may be grouped. */
const GroupBy = z.enum(["route", "status", "bucket", "model", "lang", "path", "cache"]);

/** `POST /admin/analytics/query`; times in ms since 1970. `users` counts whoever asked once, `points` the data points written. */
export const AnalyticsQuery = z
  .object({
    metric: z.enum([...METRIC_NAMES, "users", "points"]),
    from: z.number().int().nonnegative(),
    to: z.number().int().nonnegative(),
    groupBy: z.array(GroupBy).max(3).default([]),
    quantiles: z.array(z.number().min(0).max(1)).max(9).default([]),
  })
  .refine(({ from, to }) => from < to, { path: ["to"], message: "a window ends after it begins" });
export type AnalyticsQuery = z.infer<typeof AnalyticsQuery>;

export const AnalyticsAnswer = z.object({
  metric: z.string(),
  unit: z.string(),
  from: z.number(),
  to: z.number(),
  rows: z.array(
    z.object({
      group: z.partialRecord(GroupBy, z.string()),
      sum: z.number(),
      /** What the mean is taken over. */
      count: z.number(),
      mean: z.number().nullable(),
      /** From a sample, of `sampled` values. */
      quantiles: z.record(z.string(), z.number()).optional(),
      sampled: z.number().int().optional(),
    }),
  ),
});
export type AnalyticsAnswer = z.infer<typeof AnalyticsAnswer>;
