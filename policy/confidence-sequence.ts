/** Examples at which the sequence is tightest (statistics: N* for labels). */
const LABELS = 500;

/**
 * One-sided asymptotic confidence sequence for a mean of paired differences D in {1 candidate worse, 0, -1 better}, valid at any
 * sample size (Waudby-Smith et al., as in GrowthBook's gbstats). `alpha` is the chance of a wrong bound on either side.
 * Answers the estimate and both bounds; with fewer than two examples the bounds are infinite.
 */
export function pairedDrop(
  n: number,
  worse: number,
  better: number,
  alpha = 0.05,
): { estimate: number; lower: number; upper: number } {
  if (n < 2)
    return { estimate: n === 0 ? 0 : worse - better, lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
  const estimate = (worse - better) / n;
  const variance = ((worse + better) / n - estimate * estimate) * (n / (n - 1));
  const twice = 2 * alpha;
  const rho = Math.sqrt((-2 * Math.log(twice) + Math.log(-2 * Math.log(twice) + 1)) / LABELS);
  const mass = n * rho * rho + 1;
  const half =
    Math.sqrt(variance) * Math.sqrt(((2 * mass) / (n * n * rho * rho)) * Math.log(1 + Math.sqrt(mass) / (2 * alpha)));
  return { estimate, lower: estimate - half, upper: estimate + half };
}
