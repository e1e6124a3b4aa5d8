import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Usage, Usage as UsageSchema } from "#contracts/cost.ts";
import { forecastCost } from "./forecast.ts";
import { priceTables } from "./price-tables.ts";

const nothing: Usage = {
  workers_requests: 0,
  kv_reads: 0,
  kv_writes: 0,
  kv_storage_gb: 0,
  d1_rows_read: 0,
  d1_rows_written: 0,
  d1_storage_gb: 0,
  r2_storage_gb: 0,
  r2_class_a_ops: 0,
  r2_class_b_ops: 0,
  analytics_points: 0,
};
const busy: Usage = {
  workers_requests: 30e6,
  kv_reads: 20e6,
  kv_writes: 2e6,
  kv_storage_gb: 3,
  d1_rows_read: 40e9,
  d1_rows_written: 60e6,
  d1_storage_gb: 9,
  r2_storage_gb: 50,
  r2_class_a_ops: 3e6,
  r2_class_b_ops: 25e6,
  analytics_points: 120e6,
};
const cents = (dollars: number | undefined): number => Math.round((dollars ?? Number.NaN) * 100);

describe("cost forecast", () => {
  it("follows the specification's formulas to the cent", () => {
    const { total, breakdown } = forecastCost(busy, priceTables["specification-2025"]);
    // Each worked by hand from specification 5.2.
    expect(cents(breakdown.workers_requests)).toBe(1350); // 27M * 5e-7
    expect(cents(breakdown.kv_reads)).toBe(850); // 17M * 5e-7
    expect(cents(breakdown.kv_writes)).toBe(1000); // 2M * 5e-6
    expect(cents(breakdown.kv_storage_gb)).toBe(150);
    expect(cents(breakdown.d1_rows_read)).toBe(3985); // 39,850M * 0.001/M
    expect(cents(breakdown.d1_rows_written)).toBe(6); // 60M * 0.001/M
    expect(cents(breakdown.d1_storage_gb)).toBe(300);
    expect(cents(breakdown.r2_storage_gb)).toBe(60);
    expect(cents(breakdown.r2_class_a_ops)).toBe(72); // 2M * 0.0036/10,000
    expect(cents(breakdown.r2_class_b_ops)).toBe(54); // 15M * 0.00036/10,000
    expect(cents(breakdown.analytics_points)).toBe(500);
    expect(cents(total)).toBe(8327);
  });

  it("follows the platform's prices of 2026 to the cent", () => {
    const { total, breakdown } = forecastCost(
      { ...busy, workers_cpu_ms: 80e6, kv_lists_deletes: 1.5e6, queue_operations: 4e6, log_events: 30e6 },
      priceTables["cloudflare-2026"],
    );
    expect(cents(breakdown.base)).toBe(500);
    expect(cents(breakdown.workers_requests)).toBe(600);
    expect(cents(breakdown.workers_cpu_ms)).toBe(100);
    expect(cents(breakdown.kv_reads)).toBe(500);
    expect(cents(breakdown.kv_writes)).toBe(500);
    expect(cents(breakdown.kv_storage_gb)).toBe(100);
    expect(cents(breakdown.d1_rows_read)).toBe(1500);
    expect(cents(breakdown.d1_rows_written)).toBe(1000);
    expect(cents(breakdown.d1_storage_gb)).toBe(300);
    expect(cents(breakdown.r2_storage_gb)).toBe(60);
    expect(cents(breakdown.r2_class_a_ops)).toBe(900);
    expect(cents(breakdown.r2_class_b_ops)).toBe(540);
    expect(cents(breakdown.analytics_points)).toBe(2750);
    expect(cents(breakdown.kv_lists_deletes)).toBe(250); // 0.5M * 5/M
    expect(cents(breakdown.queue_operations)).toBe(120); // 3M * 0.40/M
    expect(cents(breakdown.log_events)).toBe(600); // 10M * 0.60/M
    expect(cents(total)).toBe(10_320);
    // Every item has been worked out above.
    expect(Object.keys(breakdown)).toHaveLength(16);
  });

  it("costs nothing but the plan's fee inside the allowances, and names the plan", () => {
    for (const table of Object.values(priceTables)) {
      const { total, free_tier_usage, optimization_suggestions } = forecastCost(nothing, table);
      expect(total).toBe(table.base);
      expect(free_tier_usage.plan).toBe(table.plan);
      expect(optimization_suggestions).toEqual([]);
    }
    expect(forecastCost(busy, priceTables["cloudflare-2026"]).free_tier_usage.used.workers_requests).toBe(3);
  });

  it("never falls when usage grows, and adds up", () => {
    const amount = fc.double({ min: 0, max: 1e12, noNaN: true });
    const usage = fc.record(Object.fromEntries(Object.keys(nothing).map((item) => [item, amount])));
    fc.assert(
      fc.property(usage, usage, fc.constantFrom(...Object.values(priceTables)), (a, b, table) => {
        const smaller = UsageSchema.parse(a);
        const larger = UsageSchema.parse(
          Object.fromEntries(Object.entries(a).map(([item, value]) => [item, value + (b[item] ?? 0)])),
        );
        const one = forecastCost(smaller, table);
        expect(forecastCost(larger, table).total).toBeGreaterThanOrEqual(one.total);
        const sum = Object.values(one.breakdown).reduce((all, value) => all + value, 0);
        expect(Math.abs(sum - one.total)).toBeLessThanOrEqual(1e-9 * Math.max(1, one.total));
      }),
    );
  });
});

describe("suggestions", () => {
  const suggested = (usage: Usage, headroom = {}) =>
    forecastCost(usage, priceTables["cloudflare-2026"], headroom).optimization_suggestions;

  it("are made where the specification makes them", () => {
    expect(suggested(busy).map(({ area }) => area)).toEqual(["Workers", "D1 reads", "KV writes"]);
    expect(suggested({ ...nothing, kv_writes: 100_001 }).map(({ area }) => area)).toEqual(["KV writes"]);
    expect(suggested({ ...nothing, kv_writes: 100_000 })).toEqual([]);
  });

  it("save what the measured rates say, never a constant share", () => {
    const [workers, reads, writes] = suggested(
      { ...busy, workers_cpu_ms: 80e6 },
      { hitRate: 0.85, fullMs: 3, hitMs: 0.5, cacheableRows: 0.5 },
    );
    // A tenth of 30M requests save 2.5 ms each: 7.5M ms at $0.02 a million.
    expect(workers?.saving).toBeCloseTo(0.15, 10);
    // 20,000M rows remain, within the allowance of 25,000M: all 15 dollars.
    expect(reads?.saving).toBeCloseTo(15, 10);
    // 4,320 writes remain, a batch every ten minutes, within the allowance.
    expect(writes?.saving).toBeCloseTo(5, 10);
  });

  it("claim no saving where nothing was measured, and say so", () => {
    for (const { saving, action } of suggested(busy).filter(({ area }) => area !== "KV writes")) {
      expect(saving).toBe(0);
      expect(action).toMatch(/not measured/);
    }
  });
});
