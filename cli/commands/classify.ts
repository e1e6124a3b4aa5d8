import type { Command } from "commander";
import { z } from "zod";
import type { Act } from "../context.ts";
import { wholeNumber } from "../numbers.ts";
import { table } from "../table.ts";

export const Output = z.object({
  model: z.string(),
  path: z.enum(["full", "reduced", "prior"]),
  confidence: z.number(),
  operations: z.number().int(),
  predictions: z.array(
    z.object({
      id: z.number().int(),
      label: z.string(),
      score: z.number(),
      why: z.array(z.object({ term: z.string(), weight: z.number() })),
    }),
  ),
});

/** N-grams shown for each prediction. */
const REASONS = 5;

export function register(program: Command, act: Act): void {
  program
    .command("classify")
    .argument("<text>", "the query")
    .requiredOption("--model <folder>", "a folder that `train` wrote, or a model file")
    .option("--top <n>", "predictions shown", wholeNumber, 3)
    .description("one answer of a model, with what spoke for it")
    .action(
      act<{ model: string; top: number }>(async (_context, options, [text = ""]) => {
        const [{ readModel }, { createClassifier }, { createExplainer }] = await Promise.all([
          import("#local/model-folder.ts"),
          import("#model/score.ts"),
          import("#model/explain.ts"),
        ]);
        const { model, sha256 } = readModel(options.model);
        const answer = createClassifier(model).classify(text, { top: options.top });
        const { explain } = createExplainer(model);
        const predictions = answer.predictions.map((prediction) => ({
          ...prediction,
          why: explain(text, prediction.id, REASONS),
        }));
        const output: z.infer<typeof Output> = {
          model: sha256,
          path: answer.path,
          confidence: answer.confidence,
          operations: answer.operations,
          predictions,
        };
        const rows = predictions.map(({ label, score, why }) => [
          label,
          score.toFixed(3),
          why.map(({ term, weight }) => `${term} ${weight.toFixed(2)}`).join(", "),
        ]);
        return { output, text: table(["class", "score", "why"], rows) };
      }),
    );
}
