/** One answer that was judged: its reward, the chance with which it was shown, and that with which another policy would show it. */
export interface Judged {
  reward: number;
  propensity: number;
  target: number;
}

export interface OffPolicy {
  ips: number;
  snips: number;
  /** Effective sample size (Kish): how many answers shown by the target itself would tell as much. */
  ess: number;
}

/** Below this many effective answers an estimate says nothing (statistics.md). */
export const LEAST_ESS = 100;

/**
 * What another policy would have earned: inverse propensity scores, and their self-normalised form (Swaminathan and Joachims 2015).
 * Undefined without answers, where a propensity is 0, and where the target would show none of them.
 */
export function offPolicy(answers: readonly Judged[]): OffPolicy | undefined {
  let [weights, squares, rewards] = [0, 0, 0];
  for (const { reward, propensity, target } of answers) {
    if (propensity <= 0) return undefined;
    const weight = target / propensity;
    weights += weight;
    squares += weight * weight;
    rewards += weight * reward;
  }
  if (weights === 0) return undefined;
  return { ips: rewards / answers.length, snips: rewards / weights, ess: (weights * weights) / squares };
}
