import { type Command, Option } from "commander";
import { z } from "zod";
import { CostReport, PRICE_TABLES, type PriceTableName, RunCost } from "#contracts/cost.ts";
import { NotReachableError } from "#contracts/errors.ts";
import type { Home } from "#local/home.ts";
import { addDays, logicalDateOf } from "#policy/logical-date.ts";
import type { Act } from "../context.ts";
import { wholeNumber } from "../numbers.ts";
import { table } from "../table.ts";

/** `runs`: those of the last seven days, oldest first; null where Temporal does not answer. */
export const Output = CostReport.extend({ runs: z.array(RunCost).nullable() });
const DAYS = 7;

type Options = { requestsPerDay?: number; table?: PriceTableName };

export function register(program: Command, act: Act): void {
  program
    .command("cost")
    .option("--requests-per-day <n>", "traffic in place of what was measured", wholeNumber)
    .addOption(new Option("--table <name>", "price table (default: cost.table)").choices([...PRICE_TABLES]))
    .description("what a month costs at the traffic measured, of what, and what would save how much")
    .action(
      act<Options>(async (context, options) => {
        const { home, loaded } = await context.load();
        const [{ edgeOf }, { forecastMonth }] = await Promise.all([
          import("#local/edge-of.ts"),
          import("#activities/cost.ts"),
        ]);
        const edge = edgeOf(home);
        if (edge === undefined && options.requestsPerDay === undefined)
          throw new NotReachableError(
            "no edge was started in this home, so that no traffic was measured",
            "Start it with haqei start, or say the traffic: haqei cost --requests-per-day 10000.",
          );
        const forecast = (of: typeof edge) => forecastMonth(of, loaded.config, Date.now(), options);
        const today = logicalDateOf(Date.now(), loaded.config.timezone);
        const [report, runs] = await Promise.all([
          forecast(edge).catch((error: unknown) => {
            // With the traffic said nothing needs to run: all rates are then the config's.
            if (error instanceof NotReachableError && options.requestsPerDay !== undefined) return forecast(undefined);
            throw error;
          }),
          runCosts(home, addDays(today, -DAYS), today),
        ]);
        const output: z.infer<typeof Output> = { ...report, runs };
        return { output, text: `${describe(report)}\n\n${describeRuns(runs)}` };
      }),
    );
}

async function runCosts(home: Home, from: string, to: string): Promise<RunCost[] | null> {
  const [{ countedRuns }, { runCost }] = await Promise.all([
    import("#local/counted-runs.ts"),
    import("#policy/cost/run-cost.ts"),
  ]);
  return countedRuns(home, from, to).then(
    (runs) => runs.map(runCost),
    (error: unknown) => {
      if (error instanceof NotReachableError) return null;
      throw error;
    },
  );
}

function describeRuns(runs: readonly RunCost[] | null): string {
  if (runs === null) return "Temporal does not answer: what runs took is not known.";
  const row = (name: string, { cpuSeconds, bytes, actions }: Omit<RunCost, "workflowId" | "stages">) => [
    name,
    cpuSeconds.toFixed(1),
    (bytes / 1e6).toFixed(1),
    String(actions),
  ];
  const rows = runs.flatMap((run) => [
    row(run.workflowId, run),
    ...run.stages.map((stage) => row(`  ${stage.name}`, stage)),
  ]);
  return table(["run", "CPU seconds", "MB made", "Temporal actions"], rows);
}

export const dollars = (amount: number): string => `$${amount.toFixed(2)}`;
const amount = (value: number): string => value.toLocaleString("en-US", { maximumSignificantDigits: 4 });

function describe(report: CostReport): string {
  const { total, interval, breakdown, usage, free_tier_usage: free, traffic, cost_per_1000_requests } = report;
  const sources = new Map(report.rates.map(({ item, source }) => [item, source]));
  const rows = Object.entries(breakdown).map(([item, cost]) => {
    const used = usage[item as keyof typeof usage];
    const share = free.used[item];
    return [
      item,
      used === undefined ? "" : amount(used),
      share === undefined ? "" : `${(100 * share).toFixed(1)}%`,
      dollars(cost),
      item === "base" || item === "workers_requests" ? "" : (sources.get(item) ?? ""),
    ];
  });
  const measuredOn = traffic.days === 0 ? "as said" : `measured on ${traffic.days} day${traffic.days === 1 ? "" : "s"}`;
  return [
    table(["a month", "used", "of what is included", "costs", "rate"], rows),
    "",
    `${dollars(total)} a month${interval ? ` (${dollars(interval.lo)} to ${dollars(interval.hi)})` : ""} at ${amount(traffic.requestsPerDay)} requests a day, ${measuredOn}; prices ${report.table}, allowances of ${free.plan}.`,
    ...(cost_per_1000_requests === null ? [] : [`$${cost_per_1000_requests.toPrecision(3)} for 1,000 requests.`]),
    ...report.optimization_suggestions.map(
      ({ area, saving, action, implementation }) => `${area}: saves ${dollars(saving)}. ${action} ${implementation}`,
    ),
  ].join("\n");
}
