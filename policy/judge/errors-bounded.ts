import type { Check } from "./check.ts";
import { lnEnough } from "./facts.ts";

/**
 * Holds until the canary is shown to add less than the limit to the error rate: by the upper bound of the difference where the
 * stable model made errors enough to be compared with, or exactly, by the canary's own rate being below the limit. (Counting the
 * canary's errors towards "enough" would let one more of them promote it.)
 */
export const errorsUndecided: Check = ({ errors }, policy) => {
  if (errors) {
    const comparable = errors.stable.usersWithError >= policy.minimumEvents;
    if (comparable && errors.difference.upper < policy.rollback_threshold.error_rate) return undefined;
    if (errors.lnBelow >= lnEnough(policy)) return undefined;
  }
  return { action: "hold", reason: "errors-undecided" };
};
