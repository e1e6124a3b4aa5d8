import type { Check } from "./check.ts";

/** Rolls back a canary that is shown to be less accurate, by an estimate of at least the limit. */
export const accuracyWorse: Check = ({ accuracy }, policy) =>
  accuracy &&
  accuracy.n >= policy.minimumPairs &&
  accuracy.worse + accuracy.better >= policy.minimumEvents &&
  accuracy.drop.lower > 0 &&
  accuracy.drop.estimate >= policy.rollback_threshold.accuracy_drop
    ? { action: "rollback", reason: "accuracy-worse" }
    : undefined;
