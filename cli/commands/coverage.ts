import type { Command } from "commander";
import { z } from "zod";
import { Sha256 } from "#contracts/reference.ts";
import type { Act } from "../context.ts";
import { wholeNumber } from "../numbers.ts";
import { table } from "../table.ts";

const Share = z.number().min(0).max(1);
export const Output = z.object({
  coverage_rate: Share,
  /** The same by occurrence: what users feel. */
  token_weighted_rate: Share,
  total_unique_tokens: z.number().int().nonnegative(),
  covered_tokens: z.number().int().nonnegative(),
  /** Most frequent first. */
  uncovered_tokens: z.array(z.string()).max(100),
  new_words_detected: z.number().int().nonnegative(),
  recommendation: z.string(),
  days: z.number().int().positive(),
  queries: z.number().int().nonnegative(),
  dictionary: z.object({ sha256: Sha256, source: z.enum(["released", "bundled"]), words: z.number().int() }),
});

/** Tokens that people are shown; programs get all hundred. */
const SHOWN = 20;

export function register(program: Command, act: Act): void {
  program
    .command("coverage")
    .option("--days <n>", "days of queries (default: dictionary.coverageDays)", wholeNumber)
    .description("how much of what users asked the keyword dictionary knows")
    .action(
      act<{ days?: number }>(async (context, { days }) => {
        const { home, loaded } = await context.load();
        const { measureCoverage } = await import("#local/coverage.ts");
        const wanted = Math.max(1, days ?? loaded.config.dictionary.coverageDays);
        const output: z.infer<typeof Output> = await measureCoverage({ home, loaded }, wanted, Date.now());
        return { output, text: describe(output) };
      }),
    );
}

function describe(report: z.infer<typeof Output>): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
  const rows = [
    ["queries", report.queries.toLocaleString("en-US")],
    [
      "different tokens known",
      `${percent(report.coverage_rate)} (${report.covered_tokens} of ${report.total_unique_tokens})`,
    ],
    ["tokens asked with known", percent(report.token_weighted_rate)],
    ["new words that qualify", String(report.new_words_detected)],
    [
      "dictionary",
      `${report.dictionary.source}, ${report.dictionary.words} words, ${report.dictionary.sha256.slice(0, 12)}`,
    ],
  ];
  const unknown = report.uncovered_tokens.slice(0, SHOWN).join(" ");
  return [
    table([`last ${report.days} days`, ""], rows),
    ...(unknown === "" ? [] : ["", `Not known, most frequent first: ${unknown}`]),
    "",
    report.recommendation,
  ].join("\n");
}
