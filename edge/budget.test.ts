import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { budgetOf, OPERATIONS_PER_MS } from "./budget.ts";

const ms = (total: number, cache: number, inference: number, response: number, buffer: number) => ({
  BUDGET_TOTAL_MS: String(total),
  BUDGET_CACHE_MS: String(cache),
  BUDGET_INFERENCE_MS: String(inference),
  BUDGET_RESPONSE_MS: String(response),
  BUDGET_BUFFER_MS: String(buffer),
});

describe("the budget", () => {
  it("is the specification's, and shared out whole", () => {
    const { BUDGET_TOTAL_MS, BUDGET_CACHE_MS, BUDGET_INFERENCE_MS, BUDGET_RESPONSE_MS, BUDGET_BUFFER_MS } = env;
    expect([BUDGET_CACHE_MS, BUDGET_INFERENCE_MS, BUDGET_RESPONSE_MS, BUDGET_BUFFER_MS].map(Number)).toEqual([
      2, 30, 2, 11,
    ]);
    expect(Number(BUDGET_TOTAL_MS)).toBe(45);
    expect(budgetOf(env)).toEqual({
      inference: 30 * OPERATIONS_PER_MS,
      keywords: 3 * OPERATIONS_PER_MS,
      edgeLookup: true,
    });
  });

  it("gives inference nothing that belongs to the others", () => {
    expect(budgetOf(ms(20, 2, 30, 2, 11)).inference).toBe(5 * OPERATIONS_PER_MS);
    expect(budgetOf(ms(10, 2, 30, 2, 11)).inference).toBe(0);
  });

  it("asks the Cache API only where the cache's share pays for it", () => {
    expect(budgetOf(ms(45, 0, 30, 2, 11)).edgeLookup).toBe(false);
  });
});
