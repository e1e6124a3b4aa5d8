import type { Samples } from "#contracts/alert.ts";
import type { AnalyticsAnswer, AnalyticsQuery } from "#contracts/analytics.ts";
import type { Pointer } from "#contracts/pointer.ts";
import { hoursOf } from "#policy/duration.ts";
import type { EdgeClient } from "#stores/edge.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CLASSIFY = "/api/classify";

/** Windows over which the rules want the error rate (`policy/alerts/rules.ts`). */
const ERROR_WINDOWS = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"] as const;

/** An isolate may write so late what it counted, so that answers of before a release can stand after it. */
const WRITTEN_WITHIN_MS = 10_000;

/** Buckets that answer with the bundled model: no version that a pointer could name. */
const BUNDLED: readonly (string | undefined)[] = ["simple", "fallback"];

type Edge = Pick<EdgeClient, "analytics" | "metrics" | "pointer">;
type Row = AnalyticsAnswer["rows"][number];
type Metric = AnalyticsQuery["metric"];

const sum = (rows: readonly Row[]): number => rows.reduce((all, row) => all + row.sum, 0);
const count = (rows: readonly Row[]): number => rows.reduce((all, row) => all + row.count, 0);
/** Of nothing a share is nothing as well: `n` says that it rests on none. */
const share = (part: number, n: number) => ({ value: n > 0 ? part / n : 0, n });

/** Values without labels of a Prometheus text, by name. */
export function gaugesOf(text: string): Record<string, number> {
  const found = text.matchAll(/^([a-z_0-9]+) (-?[\d.e+-]+)$/gm);
  return Object.fromEntries([...found].map(([, name, value]) => [name, Number(value)]));
}

/** How many operations the edge takes for a millisecond of CPU; clocks stand still in production, so time cannot be asked. */
export const operationsPerMs = (gauges: Record<string, number>): number | undefined =>
  gauges["haqei_edge_operations_per_millisecond"];

/**
 * What the edge counted, as metrics of specification 4.1 and of the alert rules (`policy/metrics.ts` says how each is made). The edge sums by
 * the time of counting, so that an isolate that ends takes no window with it.
 * @param released when everybody first had a model (ms since 1970): that the bundled one answers before is no error and no falling back
 * @throws NotReachableError where the edge does not answer
 */
export async function edgeSamples(edge: Edge, now: number, released: number | undefined): Promise<Samples> {
  const asked = async (metric: Metric, ms: number, options: Partial<AnalyticsQuery> = {}) =>
    ms === 0 ? [] : (await edge.analytics({ metric, from: Math.max(0, now - ms), to: now, ...options })).rows;
  const sinceRelease = (ms: number) => Math.max(0, Math.min(ms, now - (released ?? now) - WRITTEN_WITHIN_MS));
  const [gauges, pointer, paths, hits, timeouts, subrequests, d1, kv, operations, rowsRead, kvCalls, bytes] =
    await Promise.all([
      edge.metrics().then(gaugesOf),
      edge.pointer(),
      asked("answers", sinceRelease(HOUR), { groupBy: ["path"] }),
      asked("cache_hits", HOUR),
      asked("timeouts", HOUR),
      asked("subrequests", HOUR),
      asked("d1_ms", HOUR, { quantiles: [0.95] }),
      asked("kv_ms", HOUR, { quantiles: [0.95] }),
      asked("operations", HOUR, { quantiles: [0.5, 0.95, 0.99] }),
      asked("d1_rows_read", HOUR),
      asked("kv_calls", HOUR),
      asked("r2_bytes", HOUR),
    ]);
  const [points, users, requests, models, ...errors] = await Promise.all([
    asked("points", DAY),
    asked("users", DAY),
    asked("requests", DAY),
    asked("answers", 15 * 60_000, { groupBy: ["model", "bucket"] }),
    ...ERROR_WINDOWS.map((window) => errorsOf(asked, hoursOf(window) * HOUR, sinceRelease)),
  ]);
  const answers = sum(paths);
  const by = (...names: string[]) => sum(paths.filter(({ group }) => names.includes(group.path ?? "")));
  const hour = errors[ERROR_WINDOWS.indexOf("1h")] ?? { requests: 0, errors: 0 };
  const perMs = operationsPerMs(gauges);
  const budget = gauges["haqei_edge_budget_operations"];
  const memory = gauges["haqei_edge_memory_bytes"];
  const quantile = (rows: readonly Row[], q: number) => ({ value: rows[0]?.quantiles?.[q] ?? 0, n: count(rows) });
  const cpu = (q: number) => ({ value: quantile(operations, q).value / (perMs ?? 1), n: count(operations) });
  return {
    ...(perMs === undefined
      ? {}
      : {
          cpu_time_p99: cpu(0.99),
          workers_cpu_quantiles: cpu(0.95),
          workers_cpu_p50: cpu(0.5),
          workers_cpu_p95: cpu(0.95),
          workers_cpu_p99: cpu(0.99),
        }),
    ...(budget === undefined
      ? {}
      : { operations_p99_share: { value: quantile(operations, 0.99).value / budget, n: count(operations) } }),
    ...(memory === undefined ? {} : { memory_usage: { value: memory / 1e6, n: 1 } }),
    cache_hit_rate: share(sum(hits), count(hits)),
    subrequests: share(sum(subrequests), count(subrequests)),
    d1_query_time: quantile(d1, 0.95),
    kv_read_time: quantile(kv, 0.95),
    fallback_rate: share(by("reduced", "keywords", "prior"), answers),
    error_rate: share(hour.errors, hour.requests),
    timeout_rate: share(sum(timeouts), hour.requests),
    d1_rows_read: { value: sum(rowsRead) / (HOUR / 1000), n: sum(rowsRead) },
    kv_reads: { value: sum(kvCalls) / (HOUR / 1000), n: sum(kvCalls) },
    r2_bandwidth: { value: sum(bytes), n: count(bytes) },
    analytics_points: { value: sum(points), n: sum(points) },
    requests_per_minute: { value: hour.requests / 60, n: hour.requests },
    unique_users: { value: sum(users), n: sum(users) },
    api_usage: { value: sum(requests), n: sum(requests) },
    version_consistency: consistency(models, pointer),
    ...Object.fromEntries(
      ERROR_WINDOWS.flatMap((window, at) => {
        const { requests = 0, errors: failed = 0 } = errors[at] ?? {};
        return [
          [`error_rate_${window}`, share(failed, requests)],
          [`errors_${window}`, { value: failed, n: requests }],
        ];
      }),
    ),
  };
}

type Asked = (metric: Metric, ms: number, options?: Partial<AnalyticsQuery>) => Promise<Row[]>;

/** Requests to classify, and those of them answered 5xx or by the prior. */
async function errorsOf(
  asked: Asked,
  ms: number,
  sinceRelease: (ms: number) => number,
): Promise<{ requests: number; errors: number }> {
  const [failed, answered] = await Promise.all([
    asked("errors", ms, { groupBy: ["route"] }),
    asked("answers", sinceRelease(ms), { groupBy: ["path"] }),
  ]);
  const ofClassify = failed.filter(({ group }) => group.route === CLASSIFY);
  const byPrior = sum(answered.filter(({ group }) => group.path === "prior"));
  return { requests: count(ofClassify), errors: sum(ofClassify) + byPrior };
}

/** Share of answers by models whose digest the pointer names. */
function consistency(rows: readonly Row[], pointer: Pointer | undefined) {
  const { current, canary, previous, experiments = [] } = pointer ?? {};
  const named = [current, canary, previous, ...experiments.flatMap(({ arms }) => arms)].map((one) => one?.sha256);
  const versioned = rows.filter(({ group }) => group.model && !BUNDLED.includes(group.bucket));
  return share(sum(versioned.filter(({ group }) => named.includes(group.model))), sum(versioned));
}
