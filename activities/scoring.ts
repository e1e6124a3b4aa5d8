import type { Score } from "#contracts/evaluation.ts";
import type { Example } from "#contracts/example.ts";
import { decodeModel } from "#model/codec.ts";
import { type Evaluation, evaluate } from "#training/evaluate.ts";

/** The frozen test queries of a data set. */
export const testQueries = (examples: readonly Example[]): Example[] => queriesOf(examples, "test");

export const queriesOf = (examples: readonly Example[], split: Example["split"]): Example[] =>
  examples.filter((example) => example.split === split);

/** A model's figures on labelled queries, without timings: the same bytes score the same anywhere. */
export function scoreModel(
  model: Uint8Array,
  digest: string,
  examples: readonly Example[],
): { score: Score; correct: Evaluation["correct"] } {
  const { n, top1, top3, graded_top3, ece, byLanguage, correct } = evaluate(decodeModel(model), examples);
  return { score: { model: digest, n, top1, top3, graded_top3, ece, byLanguage }, correct };
}

/** Such as `0.41 top-1 (0.38-0.45, n 768)`. */
export const topOne = ({ top1, n }: Score): string =>
  `${top1.value.toFixed(3)} top-1 (${top1.lo.toFixed(2)}-${top1.hi.toFixed(2)}, n ${n})`;

/** A score's figures as a stage's metrics. */
export function scoreMetrics({
  n,
  top1,
  top3,
  graded_top3,
  ece,
  byLanguage,
}: Omit<Score, "model">): Record<string, number> {
  return {
    n,
    top1: top1.value,
    top1_lo: top1.lo,
    top1_hi: top1.hi,
    top3: top3.value,
    top3_lo: top3.lo,
    top3_hi: top3.hi,
    graded_top3: graded_top3.value,
    graded_top3_lo: graded_top3.lo,
    graded_top3_hi: graded_top3.hi,
    ece,
    ...Object.fromEntries(
      Object.entries(byLanguage).flatMap(([lang, one]) => [
        [`top1_${lang}`, one.top1.value],
        [`n_${lang}`, one.n],
      ]),
    ),
  };
}
