import { z } from "zod";
import type { LoadedModel } from "./loaded-model.ts";

/** Terms shown as the reason of a prediction. */
export const WHY_TERMS = 3;

/**
 * What a model says to a text, and nothing of who asked or how it is shown: the part of an answer that may be given again. Readings
 * are joined when it is given, so that none grows old in a cache.
 */
export const Scored = z.object({
  path: z.enum(["full", "reduced", "keywords", "prior"]),
  operations: z.number().int().nonnegative(),
  confidence: z.number().min(0).max(1),
  predictions: z.array(
    z.object({
      id: z.number().int().min(1),
      label: z.string(),
      score: z.number().min(0).max(1),
      why: z.array(z.object({ term: z.string(), weight: z.number() })),
    }),
  ),
});
export type Scored = z.infer<typeof Scored>;

/**
 * Scores a text and explains all predictions in one pass. Where the budget does not hold an explanation too, there is none.
 *
 * @param operationBudget most operations that reading, scoring and explaining may cost together
 */
export function scoreText(model: LoadedModel, text: string, top: number, operationBudget: number): Scored {
  const answer = model.classify(text, { top, operationBudget });
  if (answer.path === "prior")
    return { ...answer, predictions: answer.predictions.map((one) => ({ ...one, why: [] })) };
  const ids = answer.predictions.map(({ id }) => id);
  const why = model.explainAll(text, ids, WHY_TERMS, operationBudget - answer.operations);
  return {
    ...answer,
    operations: answer.operations + why.operations,
    predictions: answer.predictions.map((prediction, index) => ({ ...prediction, why: why.reasons[index] ?? [] })),
  };
}
