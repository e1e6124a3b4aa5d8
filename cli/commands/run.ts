import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { InputError } from "#contracts/errors.ts";
import { LogicalDate, RunKind, RunReport } from "#contracts/run.ts";
import { readEndpoints } from "#local/home.ts";
import { addDays, logicalDateOf } from "#policy/logical-date.ts";
import { findStage } from "#workflows/dag.ts";
import { DAGS } from "#workflows/kinds.ts";
import type { Act } from "../context.ts";
import { describeRun, progressOf } from "../run-text.ts";

export const Output = z.object({ run: RunReport });

type Options = {
  date?: string;
  wait?: boolean;
  again?: boolean;
  forceFrom?: string;
  release: boolean;
  dataset?: string;
  seed?: number;
};

export function register(program: Command, act: Act): void {
  program
    .command("run")
    .argument("<kind>", "daily, weekly, monthly or emergency")
    .option("--date <date>", "logical date YYYY-MM-DD (default: yesterday; for an emergency today)", date)
    .option("--wait", "wait until it is over")
    .option("--again", "start anew although the date is done")
    .option("--force-from <stage>", "this stage and all that depend on it, even where results are kept")
    .option("--no-release", "decide, but release nothing")
    .option("--dataset <folder>", "authored data in place of the config's")
    .option("--seed <n>", "seed of the training (default: the config's)", seed)
    .description("start one run; the same date again joins the running one or returns the finished one")
    .action(
      act<Options>(async (context, options, [given]) => {
        const { home, loaded } = await context.load();
        const kind = kindOf(given);
        const today = logicalDateOf(Date.now(), loaded.config.timezone);
        const endpoints = readEndpoints(home);
        const { startRun } = await import("#workers/client.ts");
        const run = await startRun(
          endpoints,
          {
            kind,
            // An emergency is about what users said just now.
            date: options.date ?? (kind === "emergency" ? today : addDays(today, -1)),
            seed: options.seed ?? loaded.config.seed,
            release: options.release,
            ...(options.forceFrom ? { forceFrom: stageOf(kind, options.forceFrom) } : {}),
            ...(options.dataset ? { dataset: resolve(options.dataset) } : {}),
          },
          {
            wait: options.wait ?? false,
            timezone: loaded.config.timezone,
            again: (options.again ?? false) || options.forceFrom !== undefined,
            onProgress: progressOf(context.progress),
          },
        );
        const output: z.infer<typeof Output> = { run };
        return {
          output,
          text: describeRun(run),
          status: run.status === "completed" || run.status === "running" ? 0 : 1,
        };
      }),
    );
}

/** @throws InputError */
export function kindOf(kind: string | undefined): RunKind {
  const known = RunKind.safeParse(kind);
  if (known.success) return known.data;
  throw new InputError(`there is no kind of run ${kind}`, `Kinds are ${RunKind.options.join(", ")}.`);
}

/** A stage of a kind of run by its name, with or without its number. @throws InputError */
function stageOf(kind: RunKind, name: string): string {
  const { stages } = DAGS[kind];
  const found = findStage(DAGS[kind], name);
  if (found) return found.name;
  throw new InputError(
    `a ${kind} run has no stage ${name}`,
    `Stages are ${stages.map((stage) => stage.name).join(", ")}.`,
  );
}

export function date(text: string): string {
  if (LogicalDate.safeParse(text).success) return text;
  throw new InvalidArgumentError("It must be a calendar date YYYY-MM-DD.");
}

function seed(text: string): number {
  const n = Number(text);
  if (Number.isSafeInteger(n) && n >= 0) return n;
  throw new InvalidArgumentError("It must be a whole number from 0.");
}
