import { type Command, Option } from "commander";
import { z } from "zod";
import { type Rate, Score } from "#contracts/evaluation.ts";
import type { Act } from "../context.ts";
import { table } from "../table.ts";

export const Output = Score.extend({
  microsPerQuery: z.object({ p50: z.number(), p99: z.number() }),
  operations: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
});

type Options = { model: string; queries: string; runtime: "node" | "workerd" };

export function register(program: Command, act: Act): void {
  program
    .command("evaluate")
    .requiredOption("--model <folder>", "a folder that `train` wrote, or a model file")
    .requiredOption("--queries <file>", "label<TAB>text[<TAB>lang]")
    .addOption(new Option("--runtime <name>", "where it is scored").choices(["node", "workerd"]).default("node"))
    .description("how well a model answers labelled queries, with 95% intervals")
    .action(
      act<Options>(async (_context, options) => {
        const [{ readGiven, readModel }, { readTsv }, { evaluate, evaluateAnswers }] = await Promise.all([
          import("#local/model-folder.ts"),
          import("#training/examples.ts"),
          import("#training/evaluate.ts"),
        ]);
        const { model, bytes, sha256 } = readModel(options.model);
        const queries = readTsv(readGiven(options.queries), options.queries);
        const evaluation =
          options.runtime === "workerd"
            ? evaluateAnswers(await answersIn(bytes, queries), queries)
            : evaluate(model, queries);
        const { n, top1, top3, graded_top3, ece, byLanguage, microsPerQuery, operations } = evaluation;
        const output: z.infer<typeof Output> = {
          model: sha256,
          n,
          top1,
          top3,
          graded_top3,
          ece,
          byLanguage,
          microsPerQuery,
          operations,
        };
        const rows = [
          ["all", String(n), percent(top1), percent(top3)],
          ...Object.entries(byLanguage).map(([lang, one]) => [
            lang,
            String(one.n),
            percent(one.top1),
            percent(one.top3),
          ]),
        ];
        return {
          output,
          text: [
            table(["language", "n", "top-1", "top-3"], rows),
            "",
            `Expected calibration error ${ece.toFixed(3)}; ${microsPerQuery.p50.toFixed(0)} us a query (p99 ${microsPerQuery.p99.toFixed(0)}).`,
          ].join("\n"),
        };
      }),
    );
}

/** The queries' answers from the same code in workerd, where the edge runs. */
async function answersIn(model: Uint8Array, queries: readonly { text: string }[]) {
  const { answerInWorkerd } = await import("#local/workerd.ts");
  return answerInWorkerd(
    new Uint8Array(model),
    queries.map(({ text }) => text),
  );
}

/** A share with its 95% interval. */
const percent = ({ value, lo, hi }: z.infer<typeof Rate>): string =>
  `${(100 * value).toFixed(1)}% (${(100 * lo).toFixed(1)}-${(100 * hi).toFixed(1)})`;
