import { resolve } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import type { Act } from "../context.ts";
import { wholeNumber } from "../numbers.ts";
import { table } from "../table.ts";

export const Output = z.object({
  hexagrams: z.array(
    z.object({ hexagram: z.number().int(), name: z.string(), reviewStatus: z.string(), doubts: z.number().int() }),
  ),
  queries: z.array(
    z.object({
      id: z.string(),
      text: z.string(),
      lineId: z.number().int(),
      predicted: z.number().int(),
      margin: z.number(),
    }),
  ),
});

export function register(dataset: Command, act: Act): void {
  dataset
    .command("review")
    .option("--n <n>", "how many queries", wholeNumber, 30)
    .option("--dataset <folder>", "in place of the config's")
    .description("what is worth a second reader: hexagrams not reviewed, and queries that a model contradicts most")
    .action(
      act<{ n: number; dataset?: string }>(async (context, options) => {
        const { loaded } = await context.load();
        const folder = resolve(options.dataset ?? resolve(loaded.directory, loaded.config.dataset), "lines");
        const [{ readHexagrams }, { queriesOf }, { doubtfulQueries }] = await Promise.all([
          import("#datasets/hexagrams.ts"),
          import("#datasets/queries.ts"),
          import("#datasets/review.ts"),
        ]);
        const files = await readHexagrams(folder);
        const doubts = await doubtfulQueries(queriesOf(files), Number.MAX_SAFE_INTEGER, (done, of) =>
          context.progress(`Fold ${done} of ${of} judged.`),
        );
        const count = (hexagram: number): number =>
          doubts.filter(({ lineId }) => Math.floor((lineId - 1) / 6) + 1 === hexagram).length;
        const hexagrams = files
          .filter(({ reviewStatus }) => reviewStatus === "draft")
          .map(({ hexagram, names, reviewStatus }) => ({
            hexagram,
            name: names.ja,
            reviewStatus,
            doubts: count(hexagram),
          }))
          .sort((a, b) => b.doubts - a.doubts || a.hexagram - b.hexagram);
        const output: z.infer<typeof Output> = { hexagrams, queries: doubts.slice(0, options.n) };
        return {
          output,
          text: [
            table(
              ["query", "margin", "label", "model", "text"],
              output.queries.map(({ id, margin, lineId, predicted, text }) => [
                id,
                margin.toFixed(2),
                String(lineId),
                String(predicted),
                text.slice(0, 60),
              ]),
            ),
            "",
            `${hexagrams.length} hexagrams have had no second reader; most doubts: ${hexagrams
              .slice(0, 5)
              .map(({ hexagram, name, doubts: n }) => `${hexagram} ${name} (${n})`)
              .join(", ")}.`,
          ].join("\n"),
        };
      }),
    );
}
