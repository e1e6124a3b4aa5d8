import { budgetOf } from "./budget.ts";
import type { Isolate } from "./isolate.ts";

/** What stands now, as against what was counted, as Prometheus text. */
export function printGauges({ models, readings }: Isolate, env: Env): string {
  const gauges = [
    ["haqei_edge_memory_bytes", "What models and readings take in memory, about.", models.bytes() + readings.bytes()],
    ["haqei_edge_budget_operations", "Operations that a query may take.", budgetOf(env).inference],
  ] as const;
  const lines = gauges.flatMap(([name, help, value]) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    `${name} ${value}`,
  ]);
  return `${lines.join("\n")}\n`;
}
