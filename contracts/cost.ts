import { z } from "zod";

const Amount = z.number().nonnegative();

/** What a month of 30 days uses (specification 5.2); what the specification does not count is optional. */
export const Usage = z.strictObject({
  workers_requests: Amount,
  kv_reads: Amount,
  kv_writes: Amount,
  kv_storage_gb: Amount,
  d1_rows_read: Amount,
  d1_rows_written: Amount,
  d1_storage_gb: Amount,
  r2_storage_gb: Amount,
  r2_class_a_ops: Amount,
  r2_class_b_ops: Amount,
  analytics_points: Amount,
  workers_cpu_ms: Amount.optional(),
  /** Deletes and lists of KV, priced like writes. */
  kv_lists_deletes: Amount.optional(),
  queue_operations: Amount.optional(),
  log_events: Amount.optional(),
});
export type Usage = z.infer<typeof Usage>;
export type UsageItem = keyof Usage;

export const PRICE_TABLES = ["cloudflare-2026", "specification-2025"] as const;
export type PriceTableName = (typeof PRICE_TABLES)[number];

export const Suggestion = z.object({
  area: z.string(),
  /** US dollars a month. */
  saving: z.number(),
  action: z.string(),
  implementation: z.string(),
});
export type Suggestion = z.infer<typeof Suggestion>;

/** Amounts of money are US dollars a month, not rounded. */
export const CostForecast = z.object({
  table: z.enum(PRICE_TABLES),
  usage: Usage,
  total: z.number(),
  /** By item of usage, and `base` where the plan has a fee. */
  breakdown: z.record(z.string(), z.number()),
  /** Share of what the named plan includes that is used; above 1, the rest is paid for. */
  free_tier_usage: z.object({ plan: z.string(), used: z.record(z.string(), z.number()) }),
  optimization_suggestions: z.array(Suggestion),
});
export type CostForecast = z.infer<typeof CostForecast>;

/** How much of an item is used for each request, or in a month however many come. */
export const UsageRate = z.object({
  item: z.string(),
  per: z.enum(["request", "month"]),
  value: Amount,
  /** `measured` by the edge's counters, or `assumed` by the config (`cost.per_request`, `cost.per_month`). */
  source: z.enum(["measured", "assumed"]),
});
export type UsageRate = z.infer<typeof UsageRate>;

const Span = z.object({ lo: z.number(), hi: z.number() });

/** A month's forecast with what it rests on. */
export const CostReport = CostForecast.extend({
  /** 95% interval of the total that comes from traffic; null where fewer than two whole days were measured, or traffic was said. */
  interval: Span.nullable(),
  /** Null where there are no requests. */
  cost_per_1000_requests: z.number().nullable(),
  /** `days` whole days were measured; 0 where traffic was said. */
  traffic: z.object({ requestsPerDay: z.number(), interval: Span.nullable(), days: z.number().int() }),
  rates: z.array(UsageRate),
});
export type CostReport = z.infer<typeof CostReport>;

const Taken = z.object({
  /** CPU of the workers, threads included. */
  cpuSeconds: Amount,
  /** Of what was made anew. */
  bytes: Amount,
  /** As Temporal Cloud bills them; heartbeats are not among them. */
  actions: z.number().int().nonnegative(),
});

/** What a run took, and each of its stages. */
export const RunCost = Taken.extend({
  workflowId: z.string(),
  stages: z.array(Taken.extend({ name: z.string() })),
});
export type RunCost = z.infer<typeof RunCost>;
