import { expect, it } from "vitest";
import type { AnalyticsAnswer } from "#contracts/analytics.ts";
import { Config } from "#contracts/config.ts";
import { CostReport } from "#contracts/cost.ts";
import { forecastMonth } from "./cost.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-11-20T03:00:00Z");
const config = Config.parse({});
type Edge = NonNullable<Parameters<typeof forecastMonth>[0]>;

/** An edge that began three days ago, asked a million times a day and a hundred thousand less each day before. */
const edge: Edge = {
  metrics: async () => "haqei_edge_operations_per_millisecond 70000\n",
  analytics: async ({ metric, from, to, groupBy = [] }): Promise<AnalyticsAnswer> => {
    const row = (sum: number, count = sum, group = {}) => ({ group, sum, count, mean: null });
    const ago = Math.floor((NOW - to) / DAY);
    const isDay = to < NOW && to - from === DAY;
    const requests = isDay ? (ago < 3 ? 1_000_000 - 100_000 * ago : 0) : 1000;
    const rows = {
      requests: [row(requests)],
      kv_calls: [row(200)],
      d1_rows_read: [row(500_000, 100, { route: "" }), row(500_000, 10, { route: "/admin" })],
      cache_hits: [row(850, 1000)],
      operations: groupBy.includes("path")
        ? [row(0, 850, { path: "cache" }), row(150 * 140_000, 150, { path: "full" })]
        : [],
    }[metric as string];
    return { metric, unit: "", from, to, rows: rows ?? [] };
  },
};

it("forecasts from whole days measured, with an interval, and says which rates it measured", async () => {
  const report = CostReport.parse(await forecastMonth(edge, config, NOW));
  expect(report.traffic).toMatchObject({ requestsPerDay: 900_000, days: 3 });
  expect(report.usage.workers_requests).toBe(27e6);
  expect(report.usage.kv_reads).toBeCloseTo(0.2 * 27e6, 3);
  // 0.4 ms before anything is scored, and 150 of 1,000 requests of 2 ms.
  expect(report.usage.workers_cpu_ms).toBeCloseTo(0.7 * 27e6, 3);
  expect(report.interval?.lo).toBeLessThan(report.total);
  expect(report.interval?.hi).toBeGreaterThan(report.total);
  expect(report.cost_per_1000_requests).toBeCloseTo((1000 * report.total) / 27e6, 12);
  const source = (item: string) => report.rates.find((rate) => rate.item === item)?.source;
  expect([source("kv_reads"), source("d1_rows_written")]).toEqual(["measured", "assumed"]);
  const [workers, reads] = report.optimization_suggestions;
  expect(workers?.action).toContain("85%");
  // 27,000M rows a month, half of them for users: without those the month is within the 25,000M that cost nothing.
  expect(reads?.action).toContain("50% of the rows read");
  expect(reads?.saving).toBeCloseTo(2, 9);
});

it("takes traffic that is said for what it is: no interval, all rates assumed", async () => {
  const report = await forecastMonth(undefined, config, NOW, { requestsPerDay: 10_000, table: "specification-2025" });
  expect(report).toMatchObject({ table: "specification-2025", interval: null, usage: { workers_requests: 300_000 } });
  expect(new Set(report.rates.map(({ source }) => source))).toEqual(new Set(["assumed"]));
});
