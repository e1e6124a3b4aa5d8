import type { Check } from "./check.ts";

/** Holds where nobody asked a shadow, or where it is not known how often it differed. */
export const shadowMeasured: Check = ({ errors, disagreement }) =>
  errors && disagreement !== undefined ? undefined : { action: "hold", reason: "no-data" };

/** Holds where something that a promotion rests on was not measured. Absence is never success. */
export const measured: Check = (facts, { metrics }) => {
  if (!facts.errors) return { action: "hold", reason: "no-data" };
  if (!facts.stage) return { action: "hold", reason: "no-stage" };
  if (facts.sampleRatio === undefined) return { action: "hold", reason: "no-assignment" };
  if (metrics.includes("accuracy") && !facts.accuracy) return { action: "hold", reason: "no-accuracy" };
  // Values too few for an interval show nothing either.
  if (metrics.includes("latency") && !(facts.latency && Number.isFinite(facts.latency.shift.lower)))
    return { action: "hold", reason: "no-latency" };
  return undefined;
};
