import type { AlertCondition, AlertRule, AlertState, Sample, Samples } from "#contracts/alert.ts";
import { hoursOf } from "../duration.ts";

const millisecondsOf = (duration: string): number => hoursOf(duration) * 3_600_000;

export const inactive = (rule: AlertRule): AlertState => ({
  rule: rule.name,
  state: "inactive",
  activeAt: null,
  firedAt: null,
  keepFiringSince: null,
  missing: false,
  value: null,
});

/** Whether the rule's conditions hold. A missing metric, or one on too few observations, is no condition met. */
export const holds = (rule: AlertRule, samples: Samples): boolean =>
  [rule, ...rule.also].every((condition) => meets(condition, samples[condition.metric], rule.minimum_sample));

function meets({ operator, threshold }: AlertCondition, sample: Sample | undefined, minimum: number): boolean {
  if (sample === undefined || sample.n < minimum) return false;
  if (operator === ">") return sample.value > threshold;
  if (operator === "<") return sample.value < threshold;
  return sample.value === threshold;
}

/**
 * One look at one rule: the state after it, from the state before, as Prometheus does it (`rules/alerting.go`): pending from the
 * first look at which the condition holds, firing once it has held for `for`, and after it no longer holds for `keep_firing_for`
 * more. `now` in ms; looks must come in order.
 */
export function evaluate(rule: AlertRule, before: AlertState, samples: Samples, now: number): AlertState {
  const seen = {
    missing: [rule, ...rule.also].some(({ metric }) => samples[metric] === undefined),
    value: samples[rule.metric]?.value ?? null,
  };
  if (holds(rule, samples)) {
    const activeAt = before.state === "inactive" ? now : (before.activeAt ?? now);
    const isFiring = before.state === "firing" || now - activeAt >= millisecondsOf(rule.for);
    return {
      ...before,
      ...seen,
      state: isFiring ? "firing" : "pending",
      activeAt,
      firedAt: isFiring ? (before.firedAt ?? now) : null,
      keepFiringSince: null,
    };
  }
  if (before.state === "firing") {
    const keepFiringSince = before.keepFiringSince ?? now;
    if (now - keepFiringSince < millisecondsOf(rule.keep_firing_for)) return { ...before, ...seen, keepFiringSince };
  }
  return { ...inactive(rule), ...seen };
}
