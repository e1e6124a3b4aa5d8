import type { Budget } from "./budget.ts";
import { type Scored, scoreText, WHY_TERMS } from "./scored.ts";
import type { Serving } from "./serving.ts";

/**
 * Answers by the best rung that can (specification 1.2.1): the model with all features or fewer, the words of the dictionary, how
 * common each class is. Words come first where the model only stands in for a released one; they come too where a model fails.
 *
 * @throws what the model throws, where there is no dictionary to fall back to
 */
export function answerBy(by: Serving, text: string, top: number, budget: Budget): Scored {
  if (by.priorOnly) return scoreText(by.model, text, top, 0);
  const found = by.standsIn ? byKeywords(by, text, top, budget) : undefined;
  if (found !== undefined) return found;
  let scored: Scored | undefined;
  try {
    scored = scoreText(by.model, text, top, budget.inference);
    if (scored.path !== "prior") return scored;
  } catch (error) {
    if (by.keywords === undefined) throw error;
    console.error("the model failed on a text", error instanceof Error ? error.name : "");
  }
  return byKeywords(by, text, top, budget) ?? scored ?? byPrior(by, top);
}

function byKeywords({ keywords }: Serving, text: string, top: number, { keywords: most }: Budget): Scored | undefined {
  const answer = keywords?.classify(text, { top, operationBudget: most });
  if (answer === undefined) return undefined;
  const predictions = answer.predictions.map((one) => ({ ...one, why: one.why.slice(0, WHY_TERMS) }));
  return { ...answer, path: "keywords", predictions };
}

function byPrior({ keywords }: Serving, top: number): Scored {
  const predictions = (keywords?.prior(top) ?? []).map((one) => ({ ...one, why: [] }));
  return { path: "prior", operations: 0, confidence: predictions[0]?.score ?? 0, predictions };
}
