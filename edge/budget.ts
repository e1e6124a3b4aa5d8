/**
 * Operations (model/score.ts: code points, n-grams, multiply-adds) that workerd does in a millisecond of CPU: about half of the
 * least that `npm run bench:edge` shows as "operations per ms" for texts of 2,000 characters that are scored (129,000 for mixed
 * script, 162,000 for prose; 2026-11-25, 2 x AMD EPYC (virtual), busy with other work, workerd 1.20261102.1). Wide ligatures are
 * apart: their time is normalising, which is not counted and takes under 2 ms for any text that is accepted. Clocks stand still
 * in production, so that time cannot be asked there.
 */
export const OPERATIONS_PER_MS = 70_000;

/** CPU that one look-up in the Cache API takes in workerd: 0.84 ms a request, less 0.37 ms of an empty one. */
const EDGE_LOOKUP_MS = 0.5;

/** CPU in ms that scoring by keywords may take, out of the buffer: it comes when inference has had its share. */
const KEYWORDS_MS = 3;

/** What a query may cost (specification 1.2.1). */
export interface Budget {
  /** Operations for reading the text, scoring and explaining. */
  inference: number;
  /** Operations for the keyword rung, beside those of inference. */
  keywords: number;
  /** Whether the cache's share pays for a look-up in the Cache API. */
  edgeLookup: boolean;
}

type BudgetVariables = Pick<
  Env,
  "BUDGET_TOTAL_MS" | "BUDGET_CACHE_MS" | "BUDGET_INFERENCE_MS" | "BUDGET_RESPONSE_MS" | "BUDGET_BUFFER_MS"
>;

/** The budget that the variables give in ms, as operations. Inference gets its share, and never what belongs to the others. */
export function budgetOf(env: BudgetVariables): Budget {
  const [total, cache, inference, response, buffer] = [
    env.BUDGET_TOTAL_MS,
    env.BUDGET_CACHE_MS,
    env.BUDGET_INFERENCE_MS,
    env.BUDGET_RESPONSE_MS,
    env.BUDGET_BUFFER_MS,
  ].map(Number) as [number, number, number, number, number];
  const left = Math.max(0, Math.min(inference, total - cache - response - buffer));
  return {
    inference: Math.floor(left * OPERATIONS_PER_MS),
    keywords: Math.floor(Math.min(KEYWORDS_MS, buffer) * OPERATIONS_PER_MS),
    edgeLookup: cache >= EDGE_LOOKUP_MS,
  };
}
