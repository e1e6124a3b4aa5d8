import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { AccuracyDay, AccuracyStatus, Proposal } from "#contracts/accuracy.ts";
import { LogicalDate } from "#contracts/run.ts";
import type { Act } from "../context.ts";
import { wholeNumber } from "../numbers.ts";
import { table } from "../table.ts";

export const Output = z.object({
  /** Oldest first. */
  days: z.array(AccuracyDay),
  /** Of the last day on which enough was judged. */
  status: AccuracyStatus,
  actions: z.array(z.string()),
  /** First day on which everybody had a model of ours. */
  start: LogicalDate.nullable(),
  milestones: z.array(
    z.object({ name: z.string(), due: z.number(), target: z.number(), reached: z.boolean(), lower: z.number() }),
  ),
  judged: z.number().int().nonnegative(),
  /** With `--propose`: the specification's measures; `file` where a setting is to change. */
  proposal: Proposal.extend({ file: z.string().optional() }).optional(),
});

const DAYS = 30;
const MOST_DAYS = 366;

function days(text: string): number {
  const n = wholeNumber(text);
  if (n >= 1 && n <= MOST_DAYS) return n;
  throw new InvalidArgumentError(`It must be 1 to ${MOST_DAYS}.`);
}

export function register(program: Command, act: Act): void {
  program
    .command("accuracy")
    .option("--days <n>", "days that are shown, today the last", days, DAYS)
    .option(
      "--propose [file]",
      "write what the specification asks for as a config of its own, for a person to take over",
    )
    .description("how often one of the first three answers was right, by day, against the milestones")
    .action(
      act<{ days: number; propose?: string | true }>(async (context, options) => {
        const [{ homeAccuracy }, { standingOfDays }] = await Promise.all([
          import("#local/accuracy.ts"),
          import("#policy/accuracy/standing.ts"),
        ]);
        const { home, loaded } = await context.load();
        const tracked = await homeAccuracy({ home, loaded }, options.days, Date.now());
        const output: z.infer<typeof Output> = { ...standingOfDays(tracked.days), ...tracked };
        if (options.propose) {
          const [{ proposalFor }, { writeProposal }] = await Promise.all([
            import("#policy/accuracy/proposal.ts"),
            import("#local/proposal-file.ts"),
          ]);
          const proposal = proposalFor(tracked, loaded.config);
          const path = options.propose === true ? undefined : resolve(options.propose);
          output.proposal =
            proposal.changes.length > 0 ? { ...proposal, file: writeProposal(proposal, loaded, path) } : proposal;
        }
        return { output, text: describe(output) };
      }),
    );
}

const estimate = (of: { value: number; lo: number; hi: number } | null): string =>
  of === null ? "-" : `${of.value.toFixed(3)} (${of.lo.toFixed(2)}-${of.hi.toFixed(2)})`;

function describe(output: z.infer<typeof Output>): string {
  const { days, status, actions, start, milestones, judged, proposal } = output;
  const seen = days.filter(({ weighted }) => weighted !== null);
  const rows = seen.map(({ date, realTime, abTest, feedback, weighted, expected, status }) => [
    date,
    estimate(realTime),
    estimate(abTest),
    estimate(feedback),
    estimate(weighted),
    expected === null ? "-" : expected.toFixed(3),
    status,
  ]);
  const reached = milestones.map(
    ({ name, due, target, reached, lower }) =>
      `${name} (day ${due}): ${target} ${reached ? "reached" : "not shown yet"}, at least ${lower.toFixed(3)}`,
  );
  return [
    rows.length === 0
      ? `Nobody judged enough answers on any of these ${days.length} days to say how often they are right.`
      : table(["day", "realTime", "abTest", "feedback", "weighted", "expected", "status"], rows),
    "",
    `${status}: graded_top3 of ${judged} judged answers; ${start ? `days count from ${start}` : "no model has reached everybody yet"}.`,
    ...actions.map((action) => `- ${action}`),
    ...reached,
    ...(proposal ? ["", ...proposed(proposal)] : []),
  ].join("\n");
}

function proposed({ changes, steps, file }: NonNullable<z.infer<typeof Output>["proposal"]>): string[] {
  if (changes.length === 0 && steps.length === 0)
    return ["Nothing to propose: too little was judged to say that it falls short, or it does not."];
  return [
    ...changes.map(({ path, from, to, action }) => `${path.join(".")}: ${from} -> ${to} (${action})`),
    ...steps.map(({ action, command }) => `By hand: ${action}: ${command}`),
    ...(file ? [`Written to ${file}; nothing is in force until somebody takes it over.`] : []),
  ];
}
