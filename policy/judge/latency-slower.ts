import type { Check } from "./check.ts";

/** Holds a canary that is shown to be slower by more than the milliseconds allowed. */
export const latencySlower: Check = ({ latency }, policy) =>
  latency && latency.shift.lower > policy.latency.holdMs ? { action: "hold", reason: "latency-slower" } : undefined;
