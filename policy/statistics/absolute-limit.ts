import { lnBeta, lnIncompleteBeta } from "./beta.ts";

/**
 * Natural logarithm of the e-value that a rate lies above `limit`, after `bad` of `n`: a mixture over Beta(1, 1 / limit - 1), whose mean
 * is the limit, cut off below it. Valid whenever one looks; nothing seen is 0.
 */
export function lnAboveLimit(bad: number, n: number, limit: number): number {
  const prior = 1 / limit - 1;
  const good = n - bad;
  return (
    lnBeta(bad + 1, good + prior) -
    lnBeta(1, prior) +
    lnIncompleteBeta(1 - limit, good + prior, bad + 1) -
    lnIncompleteBeta(1 - limit, prior, 1) -
    (bad * Math.log(limit) + good * Math.log1p(-limit))
  );
}

/**
 * Natural logarithm of the e-value that a rate lies below `limit`, after `bad` of `n`: a uniform mixture over (0, limit). It reaches 20 for
 * a limit of 1% at 449 users without one bad. Valid whenever one looks.
 */
export function lnBelowLimit(bad: number, n: number, limit: number): number {
  const good = n - bad;
  return (
    lnBeta(bad + 1, good + 1) +
    lnIncompleteBeta(limit, bad + 1, good + 1) -
    ((bad + 1) * Math.log(limit) + good * Math.log1p(-limit))
  );
}
