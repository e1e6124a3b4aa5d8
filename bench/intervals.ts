/** A figure with its 95% interval, for one use. */
export interface Interval {
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
}

/** Two-sided 95% point of the normal distribution. */
const Z = 1.959964;

const around = (value: number, variance: number): Interval => {
  const half = Z * Math.sqrt(variance);
  return { value, lo: value - half, hi: value + half };
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const varianceOfMean = (values: readonly number[]): number => {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1) / values.length;
};

/** The mean of differences between pairs, such as what each query lost. */
export const pairedMean = (differences: readonly number[]): Interval =>
  around(mean(differences), varianceOfMean(differences));

/**
 * Area under the ROC curve: the chance that one of `inside` scores above one of `outside`, equal scores counting half; its variance by
 * DeLong et al. (1988), from how each score stands among those of the other kind.
 */
export function auroc(inside: readonly number[], outside: readonly number[]): Interval {
  const above = standings(inside, outside);
  const below = standings(outside, inside).map((share) => 1 - share);
  return around(mean(above), varianceOfMean(above) + varianceOfMean(below));
}

/** For each score the share of `others` that is below it, equal ones counting half. */
function standings(scores: readonly number[], others: readonly number[]): number[] {
  const sorted = Float64Array.from(others).sort();
  const before = (score: number, orEqual: boolean): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = sorted[middle] as number;
      if (other < score || (orEqual && other === score)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return scores.map((score) => (before(score, false) + before(score, true)) / 2 / sorted.length);
}
