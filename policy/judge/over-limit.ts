import type { Check } from "./check.ts";
import { lnEnough } from "./facts.ts";

/**
 * Freezes and calls a person where the canary is shown to lie above the limit but was not shown to be worse than the stable
 * model: then both are bad and going back would mend nothing, or there is nothing to compare with.
 */
export const overLimit: Check = ({ errors, lnOver }, policy) =>
  lnOver >= lnEnough(policy)
    ? { action: "freeze", reason: errors ? "both-arms-bad" : "canary-bad-uncompared" }
    : undefined;
