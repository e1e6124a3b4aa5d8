import { resolve } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import type { Act } from "../context.ts";
import { table } from "../table.ts";

export const CheckOutput = z.object({
  ok: z.boolean(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), n: z.number().int(), detail: z.array(z.string()) })),
  counts: z.record(z.string(), z.record(z.string(), z.number().int())),
  digest: z.string(),
});

/** Faults of one rule that people are shown; `--json` has all. */
const SHOWN = 5;

export function register(program: Command, act: Act): void {
  const dataset = program
    .command("dataset")
    .description("the authored data: check it, count it, bring other data in and out");
  dataset
    .command("check")
    .option("--dataset <folder>", "in place of the config's")
    .description("hold the 384 lines against every rule")
    .action(
      act<{ dataset?: string }>(async (context, options) => {
        const { loaded } = await context.load();
        const { checkDataset } = await import("#datasets/check.ts");
        const output: z.infer<typeof CheckOutput> = await checkDataset(
          resolve(options.dataset ?? resolve(loaded.directory, loaded.config.dataset)),
        );
        return { output, text: describe(output), status: output.ok ? 0 : 1 };
      }),
    );
}

function describe({ ok, checks, counts, digest }: z.infer<typeof CheckOutput>): string {
  const rows = checks.map((check) => [
    check.ok ? "ok" : "FAULT",
    check.name,
    String(check.n),
    check.ok ? (check.detail[0] ?? "") : "",
  ]);
  const faults = checks
    .filter((check) => !check.ok)
    .flatMap(({ name, detail }) => [
      "",
      `${name}:`,
      ...detail.slice(0, SHOWN).map((fault) => `  ${fault}`),
      ...(detail.length > SHOWN ? [`  … and ${detail.length - SHOWN} more (--json has all)`] : []),
    ]);
  const languages = ["ja", "en", "zh"];
  const counted = Object.entries(counts).map(([split, by]) => [
    split,
    ...languages.map((lang) => String(by[lang] ?? 0)),
  ]);
  return [
    table(["", "rule", "n", ""], rows),
    ...faults,
    "",
    table(["queries", ...languages], counted),
    "",
    ok ? `All rules hold. Digest ${digest}` : "Mend what is named, then check again.",
  ].join("\n");
}
