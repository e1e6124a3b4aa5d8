import { budgetOf, OPERATIONS_PER_MS } from "./budget.ts";
import type { Isolate } from "./isolate.ts";

/** What stands now, as against what was counted, as Prometheus text. */
export function printGauges({ models, readings }: Isolate, env: Env): string {
  const gauges = [
    ["haqei_edge_memory_bytes", "What models and readings take in memory, about.", models.bytes() + readings.bytes()],
    ["haqei_edge_budget_operations", "Operations that a query may take.", budgetOf(env).inference],
    ["haqei_edge_operations_per_millisecond", "Operations taken for a millisecond of CPU.", OPERATIONS_PER_MS],
  ] as const;
  const lines = gauges.flatMap(([name, help, value]) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    `${name} ${value}`,
  ]);
  return `${lines.join("\n")}\n`;
}
