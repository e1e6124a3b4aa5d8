import type { ExperimentPlan } from "#contracts/experiment.ts";
import type { Metrics } from "#contracts/manifest.ts";
import type { Verdict } from "#contracts/verdict.ts";

/** What a weekly run found. */
export interface WeekFacts {
  /** Pieces of feedback in its window. */
  items: number;
  /** Of `06:deploy`, the full retrain against the daily chain's model on the same test queries. */
  evidence: Verdict["evidence"];
  gradedTop3: number;
}

export interface WeekAssessment {
  metrics: Metrics;
  summary: string;
}

const finite = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

/**
 * Weighs a full retrain. `drift` is the accuracy (top-1) that the daily chain has lost against it: above 0 the light adjustments have
 * led astray, with the interval of the paired comparison. Absent without a chain to compare with.
 */
export function assessWeek(
  { items, evidence, gradedTop3 }: WeekFacts,
  { data_required, target }: { data_required: number; target: number },
): WeekAssessment {
  const drop = finite(evidence.drop);
  // The evidence has what the retrain would lose against the chain: the other way round, with its bounds exchanged.
  const drift = drop === undefined ? undefined : -drop;
  const bounds = [finite(evidence.drop_upper), finite(evidence.drop_lower)].map((bound) =>
    bound === undefined ? undefined : -bound,
  );
  const [lower, upper] = bounds;
  const enough = items >= data_required;
  const reason = enough
    ? "full"
    : `${items.toLocaleString("en-US")} pieces of feedback are fewer than weekly.data_required ${data_required}: retrained all the same, mostly from authored data`;
  return {
    metrics: {
      items,
      data_required,
      data_required_met: enough,
      data_reason: reason,
      graded_top3: gradedTop3,
      target_missing: Math.max(0, target - gradedTop3),
      ...(drift === undefined ? {} : { drift, pairs: Number(evidence.pairs) }),
      ...(lower === undefined ? {} : { drift_lower: lower }),
      ...(upper === undefined ? {} : { drift_upper: upper }),
    },
    summary: [
      `graded top-3 ${gradedTop3.toFixed(3)}`,
      drift === undefined
        ? "no daily chain to compare with"
        : `drift of the daily chain ${drift.toFixed(3)}${lower === undefined || upper === undefined ? "" : ` (${lower.toFixed(3)} to ${upper.toFixed(3)}, n ${evidence.pairs})`}`,
      ...(enough ? [] : [reason]),
    ].join("; "),
  };
}

/** Shares of the specification's A/B (2.3): 5% of users a group. */
const GROUP = 500;
/** What one wants to be able to see: the drop at which a canary is taken back (2.2 `accuracy_drop`). */
const MDE = 0.05;
const HORIZON = 2000;

/** Next week's experiment: the daily chain's model as the control against the full retrain. */
export const nextExperiment = (date: string, control: string, experimental: string): ExperimentPlan => ({
  name: `weekly-${date}`,
  salt: `weekly-${date}`,
  arms: [
    { name: "control", sha256: control, basisPoints: GROUP },
    { name: "experimental", sha256: experimental, basisPoints: GROUP },
  ],
  mde: MDE,
  horizon: HORIZON,
  alpha: 0.05,
  minimumDays: 7,
});
