import type { Check } from "./check.ts";
import { lnEnough } from "./facts.ts";

/** Rolls back a canary that is shown to make more errors than the stable model and makes more than the limit. */
export const errorsWorse: Check = ({ errors }, policy) =>
  errors && errors.lnWorse >= lnEnough(policy) && errors.rate > policy.rollback_threshold.error_rate
    ? { action: "rollback", reason: "errors-worse" }
    : undefined;
