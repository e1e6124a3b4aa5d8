import { once } from "node:events";
import type { Command } from "commander";
import { z } from "zod";
import { HaqeiError } from "#contracts/errors.ts";
import { RunReport } from "#contracts/run.ts";
import type { Day } from "#local/day.ts";
import type { Act } from "../context.ts";
import { wholeNumber } from "../numbers.ts";
import { describeRun, progressOf } from "../run-text.ts";
import { date } from "./run.ts";

export const Output = z.object({
  run: RunReport,
  urls: z.object({ temporal: z.string(), edge: z.string(), dashboard: z.string() }),
  events: z.object({
    queries: z.number().int(),
    sent: z.number().int(),
    accepted: z.number().int(),
    duplicates: z.number().int(),
    rejected: z.number().int(),
  }),
  seconds: z.number(),
});

type Options = { once?: boolean; date?: string; demo: number; dataset?: string };

export function register(program: Command, act: Act): void {
  program
    .command("start")
    .option("--once", "end everything when the day is done")
    .option("--date <date>", "logical date YYYY-MM-DD of the batch (default: today)", date)
    .option("--demo <n>", "queries that simulated users ask", wholeNumber, 400)
    .option("--dataset <folder>", "authored data in place of the config's")
    .description("start Temporal, workers and edge, let simulated users ask, and run the daily batch")
    .action(
      act<Options>(async (context, options) => {
        const { liveDay } = await import("#local/day.ts");
        const { home, loaded } = await context.load();
        const interrupt = new AbortController();
        for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => interrupt.abort());

        const day = await liveDay({
          home,
          loaded,
          date: options.date,
          demo: options.demo,
          dataset: options.dataset,
          log: context.progress,
          onProgress: progressOf(context.progress),
          signal: interrupt.signal,
        }).catch((error: unknown) => {
          if (!interrupt.signal.aborted) throw error;
          throw new HaqeiError(
            "The start was interrupted; what it had started is ended.",
            "Start again: finished stages are kept.",
          );
        });
        const { servers, run, events, seconds } = day;
        const output: z.infer<typeof Output> = { run, urls: servers.urls, events, seconds };
        try {
          context.print(output, describe(day));
          if (!options.once && !interrupt.signal.aborted) {
            context.progress("Everything stays up until Ctrl-C.");
            await once(interrupt.signal, "abort");
          }
        } finally {
          context.progress("Ending everything …");
          context.progress(`Ended: ${(await servers.stop()).join(", ")}.`);
        }
        return { status: run.status === "completed" ? 0 : 1 };
      }),
    );
}

function describe({ run, servers, events, seconds }: Day): string {
  return [
    describeRun(run),
    "",
    `${events.queries} queries asked, ${events.accepted} events new of ${events.sent} sent; ${seconds.toFixed(1)} s in all.`,
    "",
    `Temporal   ${servers.urls.temporal}`,
    `Ask        ${servers.urls.edge}`,
    `Dashboard  ${servers.urls.dashboard}`,
  ].join("\n");
}
