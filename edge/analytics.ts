import { type AnalyticsAnswer, type AnalyticsQuery, DIMENSIONS, METRICS } from "#contracts/analytics.ts";
import type { Shadow } from "./shadow.ts";
import type { Row, Tally } from "./tally.ts";

const TABLE = "haqei_edge";
/** Data points that one invocation may write to Analytics Engine. */
const POINTS = 250;
/** Requests after which what was counted is written, however little time went by. */
const MOST_PENDING = 1000;
/** Specification 5.1: logs for 30 days. */
const KEEP_SECONDS = 30 * 86_400;
const MOST_SAMPLES = 10_000;

/** What production has beside the bindings of one machine: the dataset, and how its SQL interface is reached. */
interface Engine {
  ANALYTICS?: AnalyticsEngineDataset;
  ANALYTICS_SQL_URL?: string;
  ANALYTICS_TOKEN?: string;
}

const COLUMNS = ["timestamp", ...Object.values(DIMENSIONS), ...Object.values(METRICS).map(({ column }) => column)];
const INSERT = `INSERT INTO ${TABLE} (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map((_, at) => `?${at + 1}`).join(", ")})`;

async function write(env: Env & Engine, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  if (env.ANALYTICS !== undefined) {
    for (const { blobs, doubles } of rows.slice(0, POINTS)) {
      env.ANALYTICS.writeDataPoint({ blobs, doubles, indexes: [blobs[0] ?? ""] });
    }
    return;
  }
  const now = Math.floor(Date.now() / 1000);
  const insert = env.LOG.prepare(INSERT);
  const filled = (doubles: number[]) => Object.values(METRICS).map((_, at) => doubles[at] ?? 0);
  await env.LOG.batch([
    env.LOG.prepare(`DELETE FROM ${TABLE} WHERE timestamp < ?1`).bind(now - KEEP_SECONDS),
    ...rows.map(({ blobs, doubles }) => insert.bind(now, ...blobs, ...filled(doubles))),
  ]);
}

/** What is gathered in memory and written now and then. */
export interface Gathered {
  tally: Tally;
  shadow: Shadow;
}

/** Writes what was gathered. Never rejects: what cannot be written is lost, as a count may be. */
export async function flush(env: Env, { tally, shadow }: Gathered): Promise<void> {
  try {
    await Promise.all([write(env, tally.take()), shadow.write(env)]);
  } catch (error) {
    console.warn("what was counted could not be written", error);
  }
}

export interface Flusher {
  /** Writes behind an answer where it is time: never a write a query. */
  due(env: Env, gathered: Gathered, waitUntil: (work: Promise<unknown>) => void): void;
}

export function createFlusher(): Flusher {
  let last: number | undefined;
  return {
    due(env, gathered, waitUntil) {
      const now = Date.now();
      last ??= now;
      if (now - last < Number(env.ANALYTICS_FLUSH_SECONDS) * 1000 && gathered.tally.pending() < MOST_PENDING) return;
      last = now;
      waitUntil(flush(env, gathered));
    },
  };
}

/** Runs one statement where the data points are. It holds only names and numbers of our own. */
async function select(env: Env & Engine, sql: string): Promise<Record<string, unknown>[]> {
  if (env.ANALYTICS === undefined) return (await env.LOG.prepare(sql).all()).results;
  const headers = { authorization: `Bearer ${env.ANALYTICS_TOKEN ?? ""}` };
  const response = await fetch(env.ANALYTICS_SQL_URL ?? "", { method: "POST", headers, body: sql });
  if (!response.ok) throw new Error(`Analytics Engine answered ${response.status}`);
  return (await response.json<{ data: Record<string, unknown>[] }>()).data;
}

/** The least of the values below or at which a share `q` of the weight lies. @param values sorted by value */
function quantile(values: readonly { value: number; weight: number }[], q: number): number {
  const whole = values.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  for (const { value, weight } of values) {
    sum += weight;
    if (sum >= q * whole) return value;
  }
  return values.at(-1)?.value ?? 0;
}

/** Answers a query of `contracts/analytics.ts`: sums are whole (in production estimated by its sampling), quantiles from a sample. */
export async function queryAnalytics(
  env: Env & Engine,
  { metric, from, to, groupBy, quantiles }: AnalyticsQuery,
): Promise<AnalyticsAnswer> {
  const seconds = (ms: number) => {
    const whole = Math.floor(ms / 1000);
    return env.ANALYTICS === undefined ? `${whole}` : `toDateTime(${whole})`;
  };
  const during = (kind: string) =>
    `FROM ${TABLE} WHERE ${DIMENSIONS.kind} = '${kind}' AND timestamp >= ${seconds(from)} AND timestamp < ${seconds(to + 999)}`;
  const names = groupBy.map((name) => `${DIMENSIONS[name]} AS "${name}"`);
  const grouping = groupBy.length === 0 ? "" : ` GROUP BY ${groupBy.map((name) => DIMENSIONS[name]).join(", ")}`;
  const groupOf = (row: Record<string, unknown>) =>
    Object.fromEntries(groupBy.map((name) => [name, String(row[name] ?? "")]));

  if (metric === "users") {
    const sql = `SELECT COUNT(DISTINCT ${DIMENSIONS.user}) AS "sum" ${during("user")}`;
    const sum = Number((await select(env, sql))[0]?.sum ?? 0);
    return { metric, unit: "users", from, to, rows: [{ group: {}, sum, count: sum, mean: null }] };
  }
  if (metric === "points") {
    const sql = `SELECT SUM(_sample_interval) AS "sum" FROM ${TABLE} WHERE timestamp >= ${seconds(from)} AND timestamp < ${seconds(to + 999)}`;
    const sum = Number((await select(env, sql))[0]?.sum ?? 0);
    return { metric, unit: "points", from, to, rows: [{ group: {}, sum, count: sum, mean: null }] };
  }
  const { column, per, unit } = METRICS[metric];
  const sums = [
    `SUM(_sample_interval * ${column}) AS "sum"`,
    `SUM(_sample_interval * ${METRICS[per].column}) AS "count"`,
  ];
  const totals = await select(env, `SELECT ${[...names, ...sums].join(", ")} ${during("total")}${grouping}`);
  const rows = totals
    .map((row) => ({ group: groupOf(row), sum: Number(row.sum ?? 0), count: Number(row.count ?? 0) }))
    .filter(({ sum, count }) => sum !== 0 || count !== 0)
    .map((row): AnalyticsAnswer["rows"][number] => ({ ...row, mean: row.count > 0 ? row.sum / row.count : null }));
  if (quantiles.length === 0 || !("sampled" in METRICS[metric])) return { metric, unit, from, to, rows };

  const pair = [`double2 AS "value"`, `_sample_interval * double1 AS "weight"`];
  const found = await select(
    env,
    `SELECT ${[...names, ...pair].join(", ")} ${during("sample")} AND ${DIMENSIONS.metric} = '${metric}' ORDER BY double2 LIMIT ${MOST_SAMPLES}`,
  );
  const samples = Map.groupBy(found, (row) => JSON.stringify(groupOf(row)));
  return {
    metric,
    unit,
    from,
    to,
    rows: rows.map((row) => {
      const values = (samples.get(JSON.stringify(row.group)) ?? []).map(({ value, weight }) => ({
        value: Number(value),
        weight: Number(weight),
      }));
      if (values.length === 0) return row;
      const shares = Object.fromEntries(quantiles.map((q) => [String(q), quantile(values, q)]));
      return { ...row, quantiles: shares, sampled: values.length };
    }),
  };
}
