import type { CompressionConfig } from "#contracts/config.ts";

export interface Degradation {
  action: "MONITOR" | "ADJUST" | "ROLLBACK";
  /** Accuracy lost: positive where it fell. */
  degradation: number;
  steps: readonly string[];
}

const STEPS: Readonly<Record<Degradation["action"], readonly string[]>> = {
  ROLLBACK: [
    "return to the previous version at once",
    "review the compression's settings",
    "compress again, more conservatively",
  ],
  ADJUST: [
    "leave important keywords uncompressed (compression.pinned)",
    "raise the accuracy of frequent patterns",
    "loosen the compression in part (training.maxBytes, compression.shipBytes)",
  ],
  MONITOR: ["watch for 24 hours", "collect users' feedback", "plan for the next update"],
};

/**
 * What to do about a model that serves (specification 6.3): above `rollback` it goes, from `adjust` on it is mended, else it is
 * watched. The specification computes current - baseline, which is negative where accuracy falls; here it is baseline - current.
 * Accuracies that are no numbers are watched: absence is no reason to roll back.
 */
export function judgeDegradation(
  baseline: number,
  current: number,
  limits: CompressionConfig["degradation"],
): Degradation {
  // Rounded to 12 digits, so that 0.85 - 0.80 is 0.05 and not a little more.
  const degradation = Number((baseline - current).toFixed(12));
  const action = degradation > limits.rollback ? "ROLLBACK" : degradation >= limits.adjust ? "ADJUST" : "MONITOR";
  return { action, degradation, steps: STEPS[action] };
}
