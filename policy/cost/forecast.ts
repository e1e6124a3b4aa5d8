import type { CostForecast, Usage } from "#contracts/cost.ts";
import { costOf, type PriceTable, totalOf } from "./price-tables.ts";
import { type Headroom, suggestions } from "./suggestions.ts";

/** What a month costs, of what, how far the allowances are used, and what would save how much (specification 5.2). */
export function forecastCost(usage: Usage, table: PriceTable, headroom: Headroom = {}): CostForecast {
  return {
    table: table.name,
    usage,
    total: totalOf(usage, table),
    breakdown: {
      ...(table.base > 0 ? { base: table.base } : {}),
      ...Object.fromEntries(table.prices.map((price) => [price.item, costOf(usage, price)])),
    },
    free_tier_usage: {
      plan: table.plan,
      used: Object.fromEntries(
        table.prices
          .filter(({ included }) => included > 0)
          .map(({ item, included }) => [item, (usage[item] ?? 0) / included]),
      ),
    },
    optimization_suggestions: suggestions(usage, table, headroom),
  };
}
