import type { Bounds } from "./confidence-sequence.ts";
import { studentDeviation, studentTails } from "./student.ts";

/** One arm's outcomes, each beside what was known of the same user before. */
export interface Arm {
  readonly outcome: readonly number[];
  readonly before: readonly number[];
}

export interface Adjusted extends Bounds {
  /** Weight of the covariate. */
  readonly theta: number;
  readonly se: number;
  /** Two-sided, Welch. */
  readonly pValue: number;
}

/**
 * Difference of means, treated minus control, with the variance that a covariate explains taken out (CUPED, Deng et al. 2013);
 * theta is pooled over both arms. Fixed-n Welch interval at `alpha`. The covariate must not depend on the arm: here it is the
 * stable model's score on the same query.
 */
export function cuped(control: Arm, treated: Arm, alpha = 0.05): Adjusted {
  const outcomes = [...control.outcome, ...treated.outcome];
  const before = [...control.before, ...treated.before];
  const spread = covariance(before, before);
  const theta = spread > 0 ? covariance(outcomes, before) / spread : 0;
  const [a, b] = [control, treated].map((arm) => {
    const adjusted = arm.outcome.map((value, i) => value - theta * (arm.before[i] ?? 0));
    return { n: adjusted.length, mean: mean(adjusted), error: covariance(adjusted, adjusted) / adjusted.length };
  }) as [Moments, Moments];
  const estimate = b.mean - a.mean;
  const se = Math.sqrt(a.error + b.error);
  const df = (a.error + b.error) ** 2 / (a.error ** 2 / (a.n - 1) + b.error ** 2 / (b.n - 1));
  const half = studentDeviation(alpha, df) * se;
  return {
    theta,
    estimate,
    se,
    lower: estimate - half,
    upper: estimate + half,
    pValue: studentTails(estimate / se, df),
  };
}

interface Moments {
  readonly n: number;
  readonly mean: number;
  /** Variance of the mean. */
  readonly error: number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function covariance(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  return a.reduce((sum, value, i) => sum + (value - meanA) * ((b[i] ?? 0) - meanB), 0) / (a.length - 1);
}
