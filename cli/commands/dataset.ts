import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { z } from "zod";
import type { ExportFormat } from "#datasets/export.ts";
import type { Format } from "#datasets/formats/formats.ts";
import type { Act } from "../context.ts";
import { table } from "../table.ts";
import * as annotate from "./annotate.ts";
import * as review from "./review.ts";

export const CheckOutput = z.object({
  ok: z.boolean(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), n: z.number().int(), detail: z.array(z.string()) })),
  counts: z.record(z.string(), z.record(z.string(), z.number().int())),
  digest: z.string(),
});

const Counted = z.record(z.string(), z.record(z.string(), z.number().int()));
export const StatsOutput = z.object({
  queries: z.number().int(),
  lines: z.number().int(),
  split: Counted,
  domain: Counted,
  register: Counted,
  lengthBand: Counted,
  negation: Counted,
  characters: z.record(z.string(), z.number()),
  reviewed: z.number(),
  picture: z.string().optional(),
});
export const ImportOutput = z.object({
  counts: z.object({ train: z.number().int(), dev: z.number().int(), test: z.number().int() }),
  /** Rows that were left out, since another says the very same. */
  duplicates: z.number().int(),
  classes: z.number().int(),
  digest: z.string(),
  folder: z.string(),
});
export const ExportOutput = z.object({ rows: z.number().int(), file: z.string(), bytes: z.number().int() });

/** Faults of one rule that people are shown; `--json` has all. */
const SHOWN = 5;

export function register(program: Command, act: Act): void {
  const dataset = program
    .command("dataset")
    .description("the authored data: check it, count it, bring other data in and out");
  annotate.register(dataset, act);
  review.register(dataset, act);
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
  dataset
    .command("stats")
    .option("--dataset <folder>", "in place of the config's")
    .option("--picture <file>", "draw it as an SVG")
    .description("how many queries there are, of which kinds")
    .action(
      act<{ dataset?: string; picture?: string }>(async (context, options) => {
        const { loaded } = await context.load();
        const folder = resolve(options.dataset ?? resolve(loaded.directory, loaded.config.dataset), "lines");
        const [{ readHexagrams }, { statsOf }] = await Promise.all([
          import("#datasets/hexagrams.ts"),
          import("#datasets/stats.ts"),
        ]);
        const stats = statsOf(await readHexagrams(folder));
        if (options.picture) {
          const { statsPicture } = await import("#datasets/stats-picture.ts");
          writeFileSync(options.picture, statsPicture(stats));
        }
        const output: z.infer<typeof StatsOutput> = {
          ...stats,
          ...(options.picture ? { picture: resolve(options.picture) } : {}),
        };
        return { output, text: describeStats(output) };
      }),
    );
  dataset
    .command("import")
    .requiredOption("--from <file>", "what is brought in")
    .addOption(
      new Option("--format <name>", "how it is written")
        .choices(["clinc", "csv", "tsv", "jsonl", "koudo", "arrow"])
        .makeOptionMandatory(),
    )
    .requiredOption("--out <folder>", "a new folder, for --dataset of other commands")
    .description("bring another labelled data set in, as tables that the pipeline runs on")
    .action(
      act<{ from: string; format: Format; out: string }>(async (_context, options) => {
        const { importDataset } = await import("#datasets/import.ts");
        const output: z.infer<typeof ImportOutput> = {
          ...(await importDataset(options)),
          folder: resolve(options.out),
        };
        const { train, dev, test } = output.counts;
        return {
          output,
          text: `${train} rows to train from, ${dev} for dev, ${test} to test on; ${output.classes} classes.${output.duplicates > 0 ? ` ${output.duplicates} rows that stood there twice were left out.` : ""}\nNext: npx haqei start --dataset ${options.out}`,
        };
      }),
    );
  dataset
    .command("export")
    .addOption(
      new Option("--format <name>", "how it is written").choices(["jsonl", "arrow", "parquet"]).makeOptionMandatory(),
    )
    .requiredOption("--out <file>", "where to")
    .addOption(new Option("--split <name>", "only this split").choices(["train", "live", "dev", "test", "contrast"]))
    .option("--dataset <folder>", "in place of the config's")
    .description("write the authored queries for other programs")
    .action(
      act<{ format: ExportFormat; out: string; split?: string; dataset?: string }>(async (context, options) => {
        const { loaded } = await context.load();
        const folder = resolve(options.dataset ?? resolve(loaded.directory, loaded.config.dataset), "lines");
        const [{ readHexagrams }, { queriesOf }, { EXPORTS }] = await Promise.all([
          import("#datasets/hexagrams.ts"),
          import("#datasets/queries.ts"),
          import("#datasets/export.ts"),
        ]);
        const queries = queriesOf(await readHexagrams(folder)).filter(
          ({ split }) => options.split === undefined || split === options.split,
        );
        const bytes = EXPORTS[options.format](queries);
        writeFileSync(options.out, bytes);
        const output: z.infer<typeof ExportOutput> = {
          rows: queries.length,
          file: resolve(options.out),
          bytes: bytes.byteLength,
        };
        return { output, text: `${output.rows} queries in ${output.file} (${output.bytes} bytes).` };
      }),
    );
}

function describeStats(stats: z.infer<typeof StatsOutput>): string {
  const languages = Object.keys(stats.characters);
  const part = (title: string, counted: z.infer<typeof Counted>): string[] => [
    table(
      [title, ...languages],
      Object.entries(counted).map(([name, by]) => [name, ...languages.map((lang) => String(by[lang] ?? 0))]),
    ),
    "",
  ];
  return [
    `${stats.queries} queries of ${stats.lines} lines; ${(100 * stats.reviewed).toFixed(0)}% of the hexagrams have had a second reader.`,
    "",
    ...part("split", stats.split),
    ...part("domain", stats.domain),
    ...part("register", stats.register),
    ...part("length", stats.lengthBand),
    ...part("negation", stats.negation),
    `Mean characters: ${languages.map((lang) => `${lang} ${stats.characters[lang]?.toFixed(0)}`).join(", ")}`,
    ...(stats.picture ? [`Picture: ${stats.picture}`] : []),
  ].join("\n");
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
