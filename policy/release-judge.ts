import type { ReleaseConfig } from "#contracts/config.ts";
import type { JudgeData, JudgeVerdict } from "#contracts/judge.ts";
import { accuracyUndecided } from "./judge/accuracy-bounded.ts";
import { accuracyWorse } from "./judge/accuracy-worse.ts";
import type { Check, Finding } from "./judge/check.ts";
import { errorsUndecided } from "./judge/errors-bounded.ts";
import { errorsWorse } from "./judge/errors-worse.ts";
import { enough, type Facts, factsOf } from "./judge/facts.ts";
import { latencySlower } from "./judge/latency-slower.ts";
import { latencyWorse } from "./judge/latency-worse.ts";
import { measured, shadowMeasured } from "./judge/measured.ts";
import { overLimit } from "./judge/over-limit.ts";
import { sampleRatio } from "./judge/sample-ratio.ts";
import { shadowDisagreement } from "./judge/shadow.ts";
import { tooEarly } from "./judge/time.ts";
import { tooFewUsers } from "./judge/users.ts";

interface Asked {
  check: Check;
  of?: ReleaseConfig["metrics"][number];
}

/** Checks and the metric whose they are, in order: what speaks against the canary comes before what is missing, and promotion last. */
const CHECKS: readonly Asked[] = [
  { check: errorsWorse, of: "errors" },
  { check: accuracyWorse, of: "accuracy" },
  { check: latencyWorse, of: "latency" },
  { check: overLimit, of: "errors" },
  { check: measured },
  { check: sampleRatio },
  { check: tooEarly },
  { check: tooFewUsers },
  { check: latencySlower, of: "latency" },
  { check: shadowDisagreement },
  { check: errorsUndecided, of: "errors" },
  { check: accuracyUndecided, of: "accuracy" },
];

/** A shadow is seen by nobody: what speaks against it counts, and that it was asked enough; that it is as good, its canary has to show. */
const SHADOW_CHECKS: readonly Asked[] = [
  { check: errorsWorse, of: "errors" },
  { check: accuracyWorse, of: "accuracy" },
  { check: overLimit, of: "errors" },
  { check: shadowMeasured },
  { check: tooEarly },
  { check: tooFewUsers },
  { check: shadowDisagreement, of: "accuracy" },
];

/**
 * What to do with a canary, from counts alone: the first check that finds something decides, and one that passes all is promoted.
 * Anytime-valid, so it may be asked as often as one likes; absence promotes nothing and rolls nothing back; time alone decides nothing:
 * a stage undecided for `overdueTimes` its planned hours asks a person.
 */
export function judge(data: JudgeData, policy: ReleaseConfig, policyDigest: string): JudgeVerdict {
  const facts = factsOf(data, policy);
  const found = firstFinding(facts, policy) ?? { action: "promote", reason: "within-limits" };
  const evidence = evidenceOf(facts, data, policy);
  const { stage } = facts;
  if (found.action === "hold" && stage && stage.hours > 0 && stage.hours >= policy.overdueTimes * stage.plannedHours)
    return {
      action: "hold",
      reason: "ask-a-person",
      evidence: { ...evidence, undecided_by: found.reason },
      policyDigest,
    };
  return { ...found, evidence, policyDigest };
}

function firstFinding(facts: Facts, policy: ReleaseConfig): Finding {
  for (const { check, of } of facts.stage?.share === 0 ? SHADOW_CHECKS : CHECKS) {
    const found = of === undefined || policy.metrics.includes(of) ? check(facts, policy) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** Every number that the checks looked at, and the limits they were held against; what was not measured is left out. */
function evidenceOf(facts: Facts, data: JudgeData, policy: ReleaseConfig): JudgeVerdict["evidence"] {
  const { stage, errors, assigned, accuracy, latency } = facts;
  return {
    ...(stage ? { share: stage.share, hours: stage.hours, planned_hours: stage.plannedHours } : {}),
    ...(data.earlier ? { earlier_stages: data.earlier.length } : {}),
    ...armEvidence("canary", data.canary),
    ...armEvidence("stable", data.stable),
    ...(errors
      ? {
          canary_rate_all_stages: errors.rate,
          worse_e: eValue(errors.lnWorse),
          error_difference: errors.difference.estimate,
          error_difference_upper: errors.difference.upper,
          below_limit_e: eValue(errors.lnBelow),
        }
      : {}),
    over_limit_e: eValue(facts.lnOver),
    ...(assigned ? { assigned_canary: assigned.canary, assigned_stable: assigned.stable } : {}),
    sample_ratio_p: facts.sampleRatio ?? null,
    ...(accuracy
      ? {
          pairs: accuracy.n,
          worse: accuracy.worse,
          better: accuracy.better,
          drop: accuracy.n > 0 ? accuracy.drop.estimate : null,
          drop_lower: finite(accuracy.drop.lower),
          drop_upper: finite(accuracy.drop.upper),
          drop_below_limit_e: eValue(accuracy.lnBelow),
        }
      : {}),
    ...(latency
      ? {
          latency_shift_ms: latency.shift.estimate,
          latency_shift_lower_ms: finite(latency.shift.lower),
          latency_shift_upper_ms: finite(latency.shift.upper),
          latency_stable_median_ms: latency.stableMedian,
        }
      : {}),
    ...(facts.disagreement === undefined ? {} : { shadow_disagreement: facts.disagreement }),
    ...shadowEvidence(data.shadow),
    error_rate: policy.rollback_threshold.error_rate,
    accuracy_drop: policy.rollback_threshold.accuracy_drop,
    alpha: policy.alpha,
    metrics: policy.metrics.length,
    e_needed: enough(policy),
  };
}

function armEvidence(name: "canary" | "stable", arm: JudgeData["canary"]): JudgeVerdict["evidence"] {
  if (!arm) return {};
  const rate = arm.users > 0 ? arm.usersWithError / arm.users : null;
  return { [`${name}_users`]: arm.users, [`${name}_users_with_error`]: arm.usersWithError, [`${name}_rate`]: rate };
}

function shadowEvidence(shadow: JudgeData["shadow"]): JudgeVerdict["evidence"] {
  if (!shadow?.labelled) return {};
  const { n, unlabelled, labelled } = shadow;
  return {
    shadow_users: n,
    shadow_unlabelled: unlabelled,
    shadow_labelled: labelled.n,
    shadow_worse: labelled.worse,
    shadow_better: labelled.better,
  };
}

/** JSON knows no infinity. */
const eValue = (ln: number): number => Math.min(Number.MAX_VALUE, Math.exp(ln));
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
