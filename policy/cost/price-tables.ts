import type { PriceTableName, Usage, UsageItem } from "#contracts/cost.ts";

export interface Price {
  item: UsageItem;
  /** Units a month that cost nothing. */
  included: number;
  /** US dollars a unit beyond that. */
  perUnit: number;
}

export interface PriceTable {
  name: PriceTableName;
  /** When it was read, since prices change. */
  asOf: string;
  /** Whose allowances `included` are. */
  plan: string;
  /** Monthly fee. */
  base: number;
  prices: readonly Price[];
}

const M = 1e6;
const price = (item: UsageItem, included: number, dollars: number, units: number): Price => ({
  item,
  included,
  perUnit: dollars / units,
});

/**
 * Prices of the platform. `specification-2025` is specification 5.2 to the letter: its allowances of 3M and 150M are the free plan's
 * days times 30, and some of its prices are 10 to 1,000 times too low, so it is kept for comparison. `cloudflare-2026` is the
 * paid plan as documented.
 */
export const priceTables: Readonly<Record<PriceTableName, PriceTable>> = {
  "cloudflare-2026": {
    name: "cloudflare-2026",
    asOf: "2026-11",
    plan: "Workers Paid",
    base: 5,
    prices: [
      price("workers_requests", 10 * M, 0.3, M),
      price("workers_cpu_ms", 30 * M, 0.02, M),
      price("kv_reads", 10 * M, 0.5, M),
      price("kv_writes", M, 5, M),
      price("kv_lists_deletes", M, 5, M),
      price("kv_storage_gb", 1, 0.5, 1),
      price("d1_rows_read", 25_000 * M, 0.001, M),
      price("d1_rows_written", 50 * M, 1, M),
      price("d1_storage_gb", 5, 0.75, 1),
      price("r2_storage_gb", 10, 0.015, 1),
      price("r2_class_a_ops", M, 4.5, M),
      price("r2_class_b_ops", 10 * M, 0.36, M),
      price("analytics_points", 10 * M, 0.25, M),
      price("queue_operations", M, 0.4, M),
      price("log_events", 20 * M, 0.6, M),
    ],
  },
  "specification-2025": {
    name: "specification-2025",
    asOf: "2025",
    plan: "Workers Free, a day's allowance times 30",
    base: 0,
    prices: [
      price("workers_requests", 3 * M, 0.5, M),
      price("kv_reads", 3 * M, 0.5, M),
      price("kv_writes", 0, 5, M),
      price("kv_storage_gb", 0, 0.5, 1),
      price("d1_rows_read", 150 * M, 0.001, M),
      price("d1_rows_written", 0, 0.001, M),
      price("d1_storage_gb", 5, 0.75, 1),
      price("r2_storage_gb", 10, 0.015, 1),
      price("r2_class_a_ops", M, 0.0036, 10_000),
      price("r2_class_b_ops", 10 * M, 0.00036, 10_000),
      price("analytics_points", 100 * M, 0.25, M),
    ],
  },
};

/** Dollars of one item: what goes beyond the allowance (specification 5.2). */
export const costOf = (usage: Usage, { item, included, perUnit }: Price): number =>
  Math.max(0, (usage[item] ?? 0) - included) * perUnit;

export const totalOf = (usage: Usage, table: PriceTable): number =>
  table.prices.reduce((sum, price) => sum + costOf(usage, price), table.base);
