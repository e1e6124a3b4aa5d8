import { describe, expect, it } from "vitest";
import { Usage } from "#contracts/cost.ts";
import { forecastTraffic, usageAt } from "./usage.ts";

describe("usage", () => {
  it("counts a month of 30 days", () => {
    const usage = usageAt(1000, { perRequest: { d1_rows_written: 0.3 }, perMonth: { d1_storage_gb: 2 } });
    expect(Usage.parse(usage)).toMatchObject({ workers_requests: 30_000, d1_storage_gb: 2, kv_reads: 0 });
    expect(usage.d1_rows_written).toBeCloseTo(9000, 9);
  });
});

describe("traffic forecast", () => {
  it("gives Student's prediction interval", () => {
    // scipy: t.ppf(0.975, 4) = 2.7764451; sd of the days 158.11388; times sqrt(1/5 + 1/30).
    const { mean, interval } = forecastTraffic([800, 900, 1000, 1100, 1200]);
    expect(mean).toBe(1000);
    expect(interval?.lo).toBeCloseTo(787.94, 1);
    expect(interval?.hi).toBeCloseTo(1212.06, 1);
  });

  it("claims no interval from one day, and nothing from none", () => {
    expect(forecastTraffic([500])).toEqual({ mean: 500, interval: null, days: 1 });
    expect(forecastTraffic([])).toEqual({ mean: 0, interval: null, days: 0 });
  });
});
