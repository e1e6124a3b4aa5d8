import { lnBeta } from "./beta.ts";
import { bisect } from "./bisect.ts";

/** Chance at which the sequence is tuned to be tightest, as in confseq. */
const TUNED_AT = 0.05;

/**
 * Confidence sequence for a share: bounds that hold at every look at once, with chance 1 - `alpha` (beta-binomial mixture, Howard,
 * Ramdas, McAuliffe and Sekhon 2021; the same as `bernoulli_confidence_interval` of the package confseq). `tightestAt`: the
 * number of trials at which it is to be tightest.
 */
export function bernoulliSequence(
  successes: number,
  n: number,
  { alpha, tightestAt }: { alpha: number; tightestAt: number },
): { lo: number; hi: number } {
  if (n === 0) return { lo: 0, hi: 1 };
  const isRefuted = (p: number): boolean =>
    lnMartingale(successes, n - successes, p, tightestAt) >= Math.log(1 / alpha);
  const share = successes / n;
  const lo = successes === 0 ? 0 : bisect((p) => !isRefuted(p), 0, share);
  const hi = successes === n ? 1 : bisect(isRefuted, share, 1);
  return { lo, hi };
}

/** Logarithm of the wealth of a bettor against the share `p`, who mixes over shares around it. */
function lnMartingale(successes: number, failures: number, p: number, tightestAt: number): number {
  const variance = p * (1 - p);
  const odds = 2 * Math.log(1 / TUNED_AT);
  const rho = (tightestAt * variance) / (odds + Math.log(1 + odds));
  const r = Math.max(rho - variance, 1e-3 * variance);
  return (
    lnBeta(r / p + failures, r / (1 - p) + successes) -
    lnBeta(r / p, r / (1 - p)) -
    successes * Math.log(p) -
    failures * Math.log1p(-p)
  );
}
