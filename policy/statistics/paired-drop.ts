import { type Bounds, confidenceSequence } from "./confidence-sequence.ts";

/** Examples at which the sequence is tightest: labels are few. */
const LABELS = 500;

/**
 * One-sided confidence sequence for a mean of paired differences D in {1 candidate worse, 0, -1 better}. `alpha` is the chance of a
 * wrong bound on either side. With fewer than two examples the bounds are infinite.
 */
export function pairedDrop(n: number, worse: number, better: number, alpha = 0.05): Bounds {
  if (n < 2)
    return { estimate: n === 0 ? 0 : worse - better, lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
  const estimate = (worse - better) / n;
  const variance = ((worse + better) / n - estimate * estimate) * (n / (n - 1));
  return confidenceSequence(estimate, Math.sqrt(variance / n), n, { alpha, tightestAt: LABELS, sides: 1 });
}
