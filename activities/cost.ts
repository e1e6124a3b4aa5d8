import type { Samples } from "#contracts/alert.ts";
import type { AnalyticsQuery } from "#contracts/analytics.ts";
import type { Config } from "#contracts/config.ts";
import type { CostReport, PriceTableName, UsageRate } from "#contracts/cost.ts";
import { forecastCost } from "#policy/cost/forecast.ts";
import { priceTables } from "#policy/cost/price-tables.ts";
import type { Headroom } from "#policy/cost/suggestions.ts";
import { forecastTraffic, type UsageRates, usageAt } from "#policy/cost/usage.ts";
import { addDays, logicalDateOf, startOfDate } from "#policy/logical-date.ts";
import type { EdgeClient } from "#stores/edge.ts";
import { gaugesOf, operationsPerMs } from "./edge-samples.ts";

const DAY = 86_400_000;
/** Whole days of traffic that are looked at, and the days that rates are measured on. */
const TRAFFIC_DAYS = 14;
const RATE_DAYS = 7;
/** Fewest requests from which a rate is measured. */
const FEWEST = 100;

type Edge = Pick<EdgeClient, "analytics" | "metrics">;

interface Measured {
  /** Requests of whole days with traffic, oldest first; where none is over, of the last 24 hours. */
  requestsByDay: number[];
  /** Use for each request, by item. */
  rates: UsageRates["perRequest"];
  headroom: Headroom;
}

/** What the edge's own counters say of traffic and use. @throws NotReachableError */
async function measured(edge: Edge, { timezone, cost }: Config, now: number): Promise<Measured> {
  const asked = async (
    metric: AnalyticsQuery["metric"],
    from: number,
    to: number,
    options: Partial<AnalyticsQuery> = {},
  ) => (await edge.analytics({ metric, from, to, ...options })).rows;
  const total = async (metric: AnalyticsQuery["metric"], from: number, to = now) =>
    (await asked(metric, from, to)).reduce((sum, row) => sum + row.sum, 0);
  const today = logicalDateOf(now, timezone);
  const starts = Array.from({ length: TRAFFIC_DAYS + 1 }, (_, at) =>
    startOfDate(addDays(today, at - TRAFFIC_DAYS), timezone),
  );
  const from = now - RATE_DAYS * DAY;
  const [days, lastDay, requests, kv, rows, r2, points, paths, lookups, gauges] = await Promise.all([
    Promise.all(starts.slice(1).map((end, at) => total("requests", starts[at] ?? 0, end))),
    total("requests", now - DAY),
    total("requests", from),
    total("kv_calls", from),
    asked("d1_rows_read", from, now, { groupBy: ["route"] }),
    total("r2_calls", from),
    total("points", from),
    asked("operations", from, now, { groupBy: ["path"] }),
    asked("cache_hits", from, now),
    edge.metrics().then(gaugesOf),
  ]);
  const begun = days.findIndex((n) => n > 0);
  const requestsByDay = begun < 0 ? [lastDay] : days.slice(begun);
  if (requests < FEWEST) return { requestsByDay, rates: {}, headroom: {} };

  const perMs = operationsPerMs(gauges);
  const operations = paths.reduce((sum, row) => sum + row.sum, 0);
  const scored = paths.filter(({ group }) => group.path !== "cache");
  const fullMs = perMs && sumOf(scored, "sum") / Math.max(1, sumOf(scored, "count")) / perMs;
  const { request_ms } = cost;
  const [hits] = lookups;
  const allRows = sumOf(rows, "sum");
  const rowsForUsers = sumOf(
    rows.filter(({ group }) => group.route === ""),
    "sum",
  );
  return {
    requestsByDay,
    rates: {
      kv_reads: kv / requests,
      d1_rows_read: allRows / requests,
      r2_class_b_ops: r2 / requests,
      analytics_points: points / requests,
      ...(perMs ? { workers_cpu_ms: request_ms + operations / perMs / requests } : {}),
    },
    headroom: {
      ...(hits && hits.count >= FEWEST ? { hitRate: hits.sum / hits.count } : {}),
      // What operators and the batch read is the log itself: no copy in KV stands for it.
      ...(allRows > 0 ? { cacheableRows: rowsForUsers / allRows } : {}),
      ...(fullMs ? { fullMs: request_ms + fullMs, hitMs: request_ms } : {}),
    },
  };
}

const sumOf = (rows: readonly { sum: number; count: number }[], what: "sum" | "count"): number =>
  rows.reduce((sum, row) => sum + row[what], 0);

/**
 * What a month costs at the traffic that was measured, or at so many requests a day. What the edge's counters tell is used before
 * what the config assumes, and each rate says which it is.
 * @param edge undefined where none runs: then all rates are assumed, and traffic must be said
 */
export async function forecastMonth(
  edge: Edge | undefined,
  config: Config,
  now: number,
  { requestsPerDay, table = config.cost.table }: { requestsPerDay?: number; table?: PriceTableName } = {},
): Promise<CostReport> {
  const found: Measured = edge ? await measured(edge, config, now) : { requestsByDay: [], rates: {}, headroom: {} };
  const traffic =
    requestsPerDay === undefined
      ? forecastTraffic(found.requestsByDay)
      : { mean: requestsPerDay, interval: null, days: 0 };
  const rates: UsageRates = {
    perRequest: { ...config.cost.per_request, ...found.rates },
    perMonth: config.cost.per_month,
  };
  const at = (perDay: number) => forecastCost(usageAt(perDay, rates), priceTables[table], found.headroom);
  const forecast = at(traffic.mean);
  const { workers_requests } = forecast.usage;
  const { interval } = traffic;
  const source = (item: string): UsageRate["source"] => (item in found.rates ? "measured" : "assumed");
  return {
    ...forecast,
    interval: interval && { lo: at(interval.lo).total, hi: at(interval.hi).total },
    cost_per_1000_requests: workers_requests > 0 ? (1000 * forecast.total) / workers_requests : null,
    traffic: { requestsPerDay: traffic.mean, interval, days: traffic.days },
    rates: [
      ...Object.entries(rates.perRequest).map(([item, value]) => ({
        item,
        per: "request" as const,
        value,
        source: source(item),
      })),
      ...Object.entries(rates.perMonth).map(([item, value]) => ({
        item,
        per: "month" as const,
        value,
        source: "assumed" as const,
      })),
    ],
  };
}

/** Cost of 1,000 requests as a metric; absent while there are none. */
export async function costSamples({ edge, config }: { edge: Edge; config: Config }, now: number): Promise<Samples> {
  const { cost_per_1000_requests, usage } = await forecastMonth(edge, config, now);
  return cost_per_1000_requests === null
    ? {}
    : { cost_per_1000_requests: { value: cost_per_1000_requests, n: usage.workers_requests } };
}
