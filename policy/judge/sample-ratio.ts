import type { Check } from "./check.ts";

/** Holds where users did not fall to the arms by their shares: whatever lost them may lose errors, too. */
export const sampleRatio: Check = (facts, policy) =>
  facts.sampleRatio !== undefined && facts.sampleRatio < policy.sampleRatio
    ? { action: "hold", reason: "sample-ratio" }
    : undefined;
