import type { Usage, UsageItem } from "#contracts/cost.ts";
import { studentDeviation } from "../statistics/student.ts";

/** Days of a month, as both price tables count them. */
const DAYS = 30;

/** What is used for each request, and what is used in a month however many come. */
export interface UsageRates {
  perRequest: Partial<Record<Exclude<UsageItem, "workers_requests">, number>>;
  perMonth: Partial<Record<Exclude<UsageItem, "workers_requests">, number>>;
}

/** A month's usage at so many requests a day: linear, since nothing here is shared between requests but storage. */
export function usageAt(requestsPerDay: number, { perRequest, perMonth }: UsageRates): Usage {
  const requests = requestsPerDay * DAYS;
  const of = (item: Exclude<UsageItem, "workers_requests">): number =>
    (perRequest[item] ?? 0) * requests + (perMonth[item] ?? 0);
  return {
    workers_requests: requests,
    workers_cpu_ms: of("workers_cpu_ms"),
    kv_reads: of("kv_reads"),
    kv_writes: of("kv_writes"),
    kv_lists_deletes: of("kv_lists_deletes"),
    kv_storage_gb: of("kv_storage_gb"),
    d1_rows_read: of("d1_rows_read"),
    d1_rows_written: of("d1_rows_written"),
    d1_storage_gb: of("d1_storage_gb"),
    r2_storage_gb: of("r2_storage_gb"),
    r2_class_a_ops: of("r2_class_a_ops"),
    r2_class_b_ops: of("r2_class_b_ops"),
    analytics_points: of("analytics_points"),
    queue_operations: of("queue_operations"),
    log_events: of("log_events"),
  };
}

export interface TrafficForecast {
  /** Requests a day, on average over the days given. */
  mean: number;
  /** Between which the mean of the next 30 days lies with 95% confidence; null below two days. */
  interval: { lo: number; hi: number } | null;
  days: number;
}

/**
 * Requests a day to be expected of the next 30 days, from whole days measured: a prediction interval for a mean of 30 days, by
 * Student's t. Days are taken as independent, so a trend is not foreseen.
 */
export function forecastTraffic(requestsByDay: readonly number[]): TrafficForecast {
  const n = requestsByDay.length;
  const mean = n === 0 ? 0 : requestsByDay.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, interval: null, days: n };
  const variance = requestsByDay.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = studentDeviation(0.05, n - 1) * Math.sqrt(variance * (1 / n + 1 / DAYS));
  return { mean, interval: { lo: Math.max(0, mean - half), hi: mean + half }, days: n };
}
