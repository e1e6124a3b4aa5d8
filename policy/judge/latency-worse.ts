import type { Check } from "./check.ts";
import { ended } from "./time.ts";

/** Rolls back a canary that, at the stage's planned end, is shown to be slower by more than its share of the stable median. */
export const latencyWorse: Check = ({ latency, stage }, policy) =>
  latency && ended(stage) && latency.shift.lower > policy.latency.rollbackShare * latency.stableMedian
    ? { action: "rollback", reason: "latency-worse" }
    : undefined;
