/** Judges as others write them, to be measured beside ours: each looks at requests as if they were independent. */

export interface Counts {
  readonly requests: number;
  readonly errors: number;
}

/** Requests of the canary below which neither says anything, as is usual. */
const MINIMUM = 100;

/** Goes back as soon as the canary's error rate is above the limit. */
export const thresholdRollsBack = (canary: Counts, limit: number): boolean =>
  canary.requests >= MINIMUM && canary.errors / canary.requests > limit;

/** z of the difference a - b of two proportions under a pooled rate; 0 where there is nothing to compare. */
export function pooledZ(a: Counts, b: Counts): number {
  const pooled = (a.errors + b.errors) / (a.requests + b.requests);
  const se = Math.sqrt(pooled * (1 - pooled) * (1 / a.requests + 1 / b.requests));
  return se > 0 ? (a.errors / a.requests - b.errors / b.requests) / se : 0;
}

/** The one-sided 5% point of the normal distribution. */
const FIVE_PERCENT = 1.6448536269514722;

/** Goes back as soon as the canary is worse at a one-sided 5%, at whichever look. */
export const zRollsBack = (canary: Counts, stable: Counts): boolean =>
  canary.requests >= MINIMUM && pooledZ(canary, stable) > FIVE_PERCENT;

export interface Pairs {
  readonly n: number;
  readonly worse: number;
  readonly better: number;
}

/** Ships where the estimate of the drop is below the limit. */
export const thresholdShips = ({ n, worse, better }: Pairs, limit: number): boolean => (worse - better) / n < limit;

/** Ships where the drop is not significant at a one-sided 5% (McNemar). */
export const zShips = ({ worse, better }: Pairs): boolean =>
  worse + better === 0 || (worse - better) / Math.sqrt(worse + better) <= FIVE_PERCENT;
