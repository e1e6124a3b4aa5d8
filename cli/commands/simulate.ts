import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { z } from "zod";
import { AccuracyDay } from "#contracts/accuracy.ts";
import { Rate } from "#contracts/evaluation.ts";
import { CONTROLS, type Control, type Life } from "#local/life.ts";
import type { Act } from "../context.ts";
import { share, wholeNumber } from "../numbers.ts";
import { table } from "../table.ts";
import { date } from "./run.ts";

export const Output = z.object({
  days: z.array(
    z.object({
      date: z.string(),
      events: z.number().int(),
      learnt: z.number().int(),
      distrusted: z.number().int(),
      dropped: z.record(z.string(), z.number().int()),
      verdict: z.object({ action: z.string(), reason: z.string() }),
      released: z.boolean(),
      model: z.string(),
      top1: Rate,
      graded_top3: Rate,
      accuracy: AccuracyDay,
    }),
  ),
  milestones: z.array(
    z.object({
      name: z.string(),
      due: z.number().int(),
      target: z.number(),
      reached: z.boolean(),
      lower: z.number(),
      date: z.string().nullable(),
    }),
  ),
  incidents: z.array(
    z.object({
      date: z.string(),
      closed: z.string().nullable(),
      level: z.number().int(),
      cause: z.string(),
      detail: z.string(),
    }),
  ),
  control: z.enum(CONTROLS).nullable(),
  seed: z.number().int(),
});

type Options = {
  days: number;
  seed?: number;
  control?: Control;
  from: string;
  queries: number;
  users: number;
  exploration: number;
  dataset?: string;
};

export function register(program: Command, act: Act): void {
  program
    .command("simulate")
    .requiredOption("--days <n>", "how many days", wholeNumber)
    .option("--seed <n>", "of users and training (default: the config's)", wholeNumber)
    .addOption(
      new Option("--control <name>", "users' words dealt out to other texts, or a model that never learns").choices([
        ...CONTROLS,
      ]),
    )
    .option("--from <date>", "first logical date", date, "2026-01-01")
    .option("--queries <n>", "a day", wholeNumber, 1200)
    .option("--users <n>", "who ask them", wholeNumber, 300)
    .option("--exploration <share>", "of answers whose order is explored", share, 0.1)
    .option("--dataset <folder>", "in place of the config's")
    .description("the whole life on a virtual clock: simulated users, nightly learning, gates and decisions")
    .action(
      act<Options>(async (context, options) => {
        const { loaded } = await context.load();
        const { config, directory } = loaded;
        const [{ live }, { readAuthored }] = await Promise.all([
          import("#local/life.ts"),
          import("#datasets/authored.ts"),
        ]);
        const seed = options.seed ?? config.seed;
        const life = await live({
          ...options,
          authored: await readAuthored(resolve(options.dataset ?? resolve(directory, config.dataset))),
          config,
          seed,
          onDay: ({ date: day, top1, verdict }) =>
            context.progress(`${day}: top-1 ${top1.value.toFixed(3)}, ${verdict.action} (${verdict.reason})`),
        });
        const output: z.infer<typeof Output> = { ...life, control: options.control ?? null, seed };
        return { output, text: describe(life) };
      }),
    );
}

function describe({ days, milestones, incidents }: Life): string {
  const rows = days.map((day) => [
    day.date,
    String(day.events),
    String(day.learnt),
    day.top1.value.toFixed(3),
    day.accuracy.weighted?.value.toFixed(3) ?? "-",
    day.accuracy.expected?.toFixed(3) ?? "-",
    day.accuracy.status,
    `${day.verdict.action}: ${day.verdict.reason}`,
  ]);
  return [
    table(["date", "events", "learnt", "test top-1", "tracked", "expected", "", "night"], rows),
    "",
    table(
      ["milestone", "due on day", "target", "shown"],
      milestones.map(({ name, due, target, date: on, lower }) => [
        name,
        String(due),
        target.toFixed(2),
        on ?? `no (at least ${lower.toFixed(3)})`,
      ]),
    ),
    "",
    incidents.length === 0
      ? "No incident."
      : table(
          ["level", "incident", "from", "to", ""],
          incidents.map(({ level, cause, date: from, closed, detail }) => [
            String(level),
            cause,
            from,
            closed ?? "open",
            detail,
          ]),
        ),
  ].join("\n");
}
