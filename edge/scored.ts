import { z } from "zod";
import type { LoadedModel } from "./loaded-model.ts";

/** Terms shown as the reason of a prediction. */
const WHY_TERMS = 3;

/**
 * What a model says to a text, and nothing of who asked or how it is shown: the part of an answer that may be given again. Readings
 * are joined when it is given, so that none grows old in a cache.
 */
export const Scored = z.object({
  path: z.enum(["full", "reduced", "prior"]),
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

/** @param operationBudget most operations that reading and scoring may cost */
export function scoreText(model: LoadedModel, text: string, top: number, operationBudget: number): Scored {
  const { path, operations, confidence, predictions } = model.classify(text, { top, operationBudget });
  return {
    path,
    operations,
    confidence,
    predictions: predictions.map((prediction) => ({
      ...prediction,
      why: path === "prior" ? [] : model.explain(text, prediction.id, WHY_TERMS),
    })),
  };
}
