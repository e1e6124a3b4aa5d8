/** A share with its 95% interval. */
export interface Share {
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
}

/** The 0.975 quantile of the standard normal distribution. */
const Z = 1.959963984540054;

/** Wilson's score interval for `successes` of `n` (Wilson 1927); of nothing it is known only that it lies in [0, 1]. */
export function wilson(successes: number, n: number): Share {
  if (n === 0) return { value: Number.NaN, lo: 0, hi: 1 };
  const value = successes / n;
  const spread = Z * Z;
  const centre = (value + spread / (2 * n)) / (1 + spread / n);
  const half = (Z / (1 + spread / n)) * Math.sqrt((value * (1 - value)) / n + spread / (4 * n * n));
  return { value, lo: Math.max(0, centre - half), hi: Math.min(1, centre + half) };
}
