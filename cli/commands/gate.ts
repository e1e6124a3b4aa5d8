import { type Command, Option } from "commander";
import { z } from "zod";
import type { Act } from "../context.ts";
import { table } from "../table.ts";

export const Output = z.object({
  passed: z.boolean(),
  rung: z.string(),
  model: z.string(),
  original: z.string(),
  metrics: z.object({
    information_retention: z.number(),
    semantic_similarity: z.number(),
    keyword_coverage: z.number(),
    accuracy_impact: z.number(),
    accuracy_impact_lower: z.number().nullable(),
    accuracy_impact_upper: z.number().nullable(),
    /** Null where the model was not made from the original, but trained anew. */
    vector_retention: z.number().nullable(),
    agreement: z.number(),
    n: z.number().int(),
  }),
  failed: z.array(z.string()),
  recommendations: z.array(z.string()),
});

type Options = { model: string; original: string; queries: string; runtime: "node" | "workerd" };

export function register(program: Command, act: Act): void {
  program
    .command("gate")
    .requiredOption("--model <folder>", "the compressed model: a folder that `train` wrote, or a model file")
    .requiredOption("--original <folder>", "what it was made from: the folder's uncompressed model, or a model file")
    .requiredOption("--queries <file>", "held-out label<TAB>text[<TAB>lang]")
    .addOption(new Option("--runtime <name>", "where both are scored").choices(["node", "workerd"]).default("node"))
    .description("whether compression kept enough, by the limits of the config (exit status 1 where not)")
    .action(
      act<Options>(async (context, options) => {
        const [{ readGiven, readModel, readOriginal }, { readTsv }, { measure }, { judgeCompression }] =
          await Promise.all([
            import("#local/model-folder.ts"),
            import("#training/examples.ts"),
            import("#training/measure.ts"),
            import("#policy/compression-gate.ts"),
          ]);
        const { config } = (await context.load()).loaded;
        const model = readModel(options.model);
        const original = readOriginal(options.original);
        const queries = readTsv(readGiven(options.queries), options.queries);
        const given = { model: model.bytes, original: original.bytes, queries };
        const { compression: figures } =
          options.runtime === "workerd"
            ? await (await import("#local/workerd.ts")).measureInWorkerd(given)
            : measure(given);
        const { passed, metrics, failed, recommendations } = judgeCompression(figures, config.compression);
        const output: z.infer<typeof Output> = {
          passed,
          rung: figures.rung,
          model: model.sha256,
          original: original.sha256,
          metrics: { ...metrics, agreement: figures.agreement },
          failed,
          recommendations,
        };
        const rows = Object.entries(output.metrics).map(([name, value]) => [
          name,
          value === null ? "not measured" : name === "n" ? String(value) : value.toFixed(4),
          failed.includes(name) ? "fails" : "",
        ]);
        return {
          status: passed ? 0 : 1,
          output,
          text: [
            table(["measure", "value", ""], rows),
            "",
            passed ? "Passed." : "Not passed.",
            ...recommendations,
          ].join("\n"),
        };
      }),
    );
}
