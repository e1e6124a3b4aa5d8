import type { Check } from "./check.ts";
import { lnEnough } from "./facts.ts";

/**
 * Holds until the canary is shown to lose less accuracy than the limit: by the upper bound of the paired drop where answers enough
 * differ to believe it, or exactly, by how seldom it alone was wrong, or by how seldom it differed at all as a shadow.
 */
export const accuracyUndecided: Check = ({ accuracy }, policy) => {
  if (accuracy && accuracy.lnDiffersBelow >= lnEnough(policy)) return undefined;
  if (accuracy && accuracy.n >= policy.minimumPairs) {
    const limit = policy.rollback_threshold.accuracy_drop;
    if (accuracy.worse + accuracy.better >= policy.minimumEvents && accuracy.drop.upper < limit) return undefined;
    if (accuracy.lnBelow >= lnEnough(policy)) return undefined;
  }
  return { action: "hold", reason: "accuracy-undecided" };
};
