import { lnBeta, lnIncompleteBeta } from "./beta.ts";

/**
 * Natural logarithm of the conditional-binomial e-value that the canary is worse: of `bad` users in both arms, `canaryBad` fell to
 * the canary, whose share of users is `share`. The canary's part of the bad is mixed uniformly over (share, 1); under equal rates the
 * expectation is at most 1 at any time one looks, so acting at 1 / alpha is wrong with at most chance alpha (Ville's inequality).
 * Nothing bad, or one arm without users (a share of 0 or 1), is evidence of nothing: 0.
 */
export function lnCanaryWorse(canaryBad: number, bad: number, share: number): number {
  if (!(share > 0 && share < 1)) return 0;
  const stableBad = bad - canaryBad;
  return (
    lnBeta(canaryBad + 1, stableBad + 1) +
    lnIncompleteBeta(1 - share, stableBad + 1, canaryBad + 1) -
    (canaryBad * Math.log(share) + (stableBad + 1) * Math.log1p(-share))
  );
}
