import type { Command } from "commander";
import { z } from "zod";
import type { LoadedConfig } from "#local/config.ts";
import type { LabelledText } from "#training/problem.ts";
import type { Act } from "../context.ts";
import { table } from "../table.ts";

const Change = z.object({ n: z.number().int(), gained: z.number().int(), lost: z.number().int() });
export const Output = z.object({
  models: z.tuple([z.string(), z.string()]),
  n: z.number().int(),
  same: z.number().int(),
  gained: z.number().int(),
  lost: z.number().int(),
  pairs: z.array(
    z.object({ text: z.string(), before: z.string(), after: z.string(), label: z.string(), lang: z.string() }),
  ),
  byLine: z.record(z.string(), Change),
  byLanguage: z.record(z.string(), Change),
});

type Options = { queries?: string };

/** Pairs that people are shown; `--json` has all. */
const SHOWN = 20;

export function register(program: Command, act: Act): void {
  const what =
    "a folder that `train` wrote, a model file, (the beginning of) a digest, a version, current, canary or previous";
  program
    .command("compare")
    .argument("<before>", what)
    .argument("<after>", "the same")
    .option("--queries <file>", "label<TAB>text[<TAB>lang] (default: the test queries of the config's data set)")
    .description("which answers differ between two models, and which of them were gained and lost")
    .action(
      act<Options>(async (context, options, [before = "", after = ""]) => {
        const [{ artefactStore }, { resolveModel }, { compareModels }] = await Promise.all([
          import("#workers/dependencies.ts"),
          import("#workers/references.ts"),
          import("#training/compare.ts"),
        ]);
        const { loaded, home } = await context.load();
        const references = { home, artefacts: artefactStore(loaded.config.store, home.artefacts) };
        const earlier = await resolveModel(before, references);
        const later = await resolveModel(after, references);
        const comparison = compareModels(earlier.model, later.model, await queriesOf(options.queries, loaded));
        const output: z.infer<typeof Output> = { models: [earlier.sha256, later.sha256], ...comparison };
        return { output, text: describe(output) };
      }),
    );
}

async function queriesOf(file: string | undefined, { config, directory }: LoadedConfig): Promise<LabelledText[]> {
  if (file !== undefined) {
    const [{ readGiven }, { readTsv }] = await Promise.all([
      import("#local/model-folder.ts"),
      import("#training/examples.ts"),
    ]);
    return readTsv(readGiven(file), file);
  }
  const [{ readAuthored }, { resolve }] = await Promise.all([import("#datasets/authored.ts"), import("node:path")]);
  const { examples } = await readAuthored(resolve(directory, config.dataset));
  return examples.filter(({ split }) => split === "test");
}

function describe({ models, n, same, gained, lost, pairs, byLanguage, byLine }: z.infer<typeof Output>): string {
  const [before, after] = models.map((digest) => digest.slice(0, 12));
  const row = ([name, change]: [string, z.infer<typeof Change>]) => [
    name,
    String(change.n),
    String(change.gained),
    String(change.lost),
  ];
  const worst = Object.entries(byLine).sort(([, a], [, b]) => b.lost - b.gained - (a.lost - a.gained));
  return [
    `${before} -> ${after}: of ${n} queries ${same} have the same answer, ${gained} were gained, ${lost} lost.`,
    "",
    table(["language", "n", "gained", "lost"], Object.entries(byLanguage).map(row)),
    ...(worst.length > 0 ? ["", table(["line", "n", "gained", "lost"], worst.slice(0, SHOWN).map(row))] : []),
    ...(pairs.length > 0
      ? [
          "",
          table(
            ["before", "after", "right", "query"],
            pairs.slice(0, SHOWN).map((pair) => [pair.before, pair.after, pair.label, pair.text.slice(0, 40)]),
          ),
        ]
      : []),
    ...(pairs.length > SHOWN ? [`and ${pairs.length - SHOWN} more: --json lists them all.`] : []),
  ].join("\n");
}
