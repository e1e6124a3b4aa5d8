/** An estimate and the bounds around it. */
export interface Bounds {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

export interface SequenceOptions {
  /** Chance that a bound is wrong at any time: of both together, or of each where `sides` is 1. */
  readonly alpha: number;
  /** Sample size at which the sequence is tightest (N*). */
  readonly tightestAt: number;
  readonly sides: 1 | 2;
}

/**
 * Asymptotic confidence sequence around an estimate from `n` observations with standard error `se`: bounds that hold whenever one
 * looks (Waudby-Smith et al., as in GrowthBook's gbstats). For few events it is too narrow: callers guard it.
 */
export function confidenceSequence(
  estimate: number,
  se: number,
  n: number,
  { alpha, tightestAt, sides }: SequenceOptions,
): Bounds {
  const rho = mixture(sides === 1 ? 2 * alpha : alpha, tightestAt);
  const mass = n * rho * rho + 1;
  const spread = sides === 1 ? Math.log(1 + Math.sqrt(mass) / (2 * alpha)) : Math.log(Math.sqrt(mass) / alpha);
  const half = se * Math.sqrt(((2 * mass) / (n * rho * rho)) * spread);
  return { estimate, lower: estimate - half, upper: estimate + half };
}

/** Always-valid p-value that belongs to the two-sided sequence: the Gaussian mixture SPRT. */
export function alwaysValidP(
  estimate: number,
  se: number,
  n: number,
  { alpha, tightestAt }: Omit<SequenceOptions, "sides">,
): number {
  const weight = n * mixture(alpha, tightestAt) ** 2;
  return Math.min(1, Math.sqrt(weight + 1) * Math.exp((-weight * estimate * estimate) / (2 * se * se * (weight + 1))));
}

/** Standard deviation rho of the mixture that is tightest at a sample size. */
export const mixture = (alpha: number, tightestAt: number): number =>
  Math.sqrt((-2 * Math.log(alpha) + Math.log(-2 * Math.log(alpha) + 1)) / tightestAt);
