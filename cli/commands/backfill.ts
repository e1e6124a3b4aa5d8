import type { Command } from "commander";
import { z } from "zod";
import { InputError } from "#contracts/errors.ts";
import { RunReport } from "#contracts/run.ts";
import { readEndpoints } from "#local/home.ts";
import type { Act } from "../context.ts";
import { table } from "../table.ts";
import { date, kindOf } from "./run.ts";

export const Output = z.object({
  plan: z.array(
    z.object({ date: z.string(), reason: z.string(), cached: z.boolean(), estimatedSeconds: z.number().optional() }),
  ),
  runs: z.array(RunReport),
});

/** Longest range of one call: a slip of the year should not start a thousand runs. */
const MAXIMUM_DAYS = 366;

function parallel(given: string): number {
  const n = Number(given);
  if (Number.isInteger(n) && n >= 1 && n <= 8) return n;
  throw new InputError(`--parallel ${given} is no number from 1 to 8`, "Each run wants memory and processor time.");
}

export function register(program: Command, act: Act): void {
  program
    .command("backfill")
    .argument("<kind>", "daily, weekly or monthly")
    .requiredOption("--from <date>", "first logical date", date)
    .requiredOption("--to <date>", "last logical date", date)
    .option("--plan", "only show what would be done")
    .option("--again", "also dates that are done")
    .option("--no-release", "decide, but release nothing")
    .option(
      "--parallel <n>",
      "runs at once, 1 to 8; with releases always one, since each is judged against the one before",
      parallel,
      2,
    )
    .description("run a range of dates, in order; dates that are done are left alone")
    .action(
      act<{ from: string; to: string; plan?: boolean; again?: boolean; release: boolean; parallel: number }>(
        async (context, { from, to, plan: only, again = false, release, parallel }, [given]) => {
          const { home, loaded } = await context.load();
          const kind = kindOf(given);
          if (kind === "emergency")
            throw new InputError("emergencies have no calendar", "Start one: haqei run emergency --date YYYY-MM-DD.");
          if (to < from) throw new InputError(`--to ${to} lies before --from ${from}`, "Give the earlier date first.");
          if ((Date.parse(to) - Date.parse(from)) / 86_400_000 >= MAXIMUM_DAYS)
            throw new InputError(`${from} to ${to} is more than ${MAXIMUM_DAYS} days`, "Split the range.");
          const endpoints = readEndpoints(home);
          const [{ connectClient }, { planBackfill, runBackfill, secondsLeft }] = await Promise.all([
            import("#workers/client.ts"),
            import("#workers/backfill.ts"),
          ]);
          const client = await connectClient(endpoints);
          try {
            const plan = await planBackfill(client, endpoints, kind, { from, to }, again);
            const started = performance.now();
            const ended = new Set<string>();
            const tell = (run: RunReport): void => {
              ended.add(run.date);
              const left = secondsLeft(plan, { done: ended, seconds: (performance.now() - started) / 1000 });
              context.progress(
                `${ended.size} of ${plan.length}: ${run.workflowId} ${run.status}${left ? `; about ${Math.ceil(left)} s left` : ""}`,
              );
            };
            const runs = only
              ? []
              : await runBackfill(
                  endpoints,
                  plan,
                  { kind, seed: loaded.config.seed, release },
                  { again, timezone: loaded.config.timezone, parallel },
                  tell,
                );
            const rows = plan.map((one, index) => [
              one.date,
              one.reason,
              one.estimatedSeconds === undefined ? "unknown" : `${one.estimatedSeconds.toFixed(0)} s`,
              runs[index]?.status ?? "planned",
            ]);
            const output: z.infer<typeof Output> = { plan, runs };
            return {
              output,
              text: `${table(["date", "why", "estimate", "state"], rows)}${only ? "\n\nRun it: the same command without --plan." : ""}`,
              status: runs.some(({ status }) => status !== "completed") ? 1 : 0,
            };
          } finally {
            await client.connection.close();
          }
        },
      ),
    );
}
