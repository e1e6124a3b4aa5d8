import type { ReleaseConfig } from "#contracts/config.ts";
import type { JudgeData, JudgedArm, StageEvidence } from "#contracts/judge.ts";
import { lnAboveLimit, lnBelowLimit } from "../statistics/absolute-limit.ts";
import { lnCanaryWorse } from "../statistics/canary-worse.ts";
import { type Bounds, confidenceSequence } from "../statistics/confidence-sequence.ts";
import { shift } from "../statistics/mann-whitney.ts";
import { pairedDrop } from "../statistics/paired-drop.ts";
import { sampleRatioP } from "../statistics/sample-ratio.ts";

/** Users at which the sequence around the difference of error rates is tightest. */
const USERS = 5000;

export interface ErrorFacts {
  canary: JudgedArm;
  stable: JudgedArm;
  /** ln of the e-value that the canary is worse: of each stage by itself, multiplied. */
  lnWorse: number;
  /** Share of the canary's users with an error, over all stages. */
  rate: number;
  /** This stage's rate, canary minus stable. */
  difference: Bounds;
  /** ln of the e-value that this stage's canary lies below the limit. */
  lnBelow: number;
}

export interface AccuracyFacts {
  n: number;
  worse: number;
  better: number;
  drop: Bounds;
  /** ln of the e-value that the canary alone is wrong less often than the limit: then the drop is below it as well. */
  lnBelow: number;
  /** The same of a shadow, were the canary wrong wherever they differ and nobody has said who is right. */
  lnDiffersBelow: number;
}

export interface LatencyFacts {
  /** Canary minus stable, ms. */
  shift: Bounds;
  stableMedian: number;
}

/** What the data say; undefined is what they do not. */
export interface Facts {
  stage: StageEvidence["stage"];
  errors: ErrorFacts | undefined;
  /** ln of the e-value that the canary's error rate lies above the limit, stages multiplied. */
  lnOver: number;
  assigned: StageEvidence["assigned"];
  /** p-value of the users' split. */
  sampleRatio: number | undefined;
  accuracy: AccuracyFacts | undefined;
  latency: LatencyFacts | undefined;
  /** Share of differing answers without a label, while a shadow runs that was not passed. */
  disagreement: number | undefined;
}

/** A metric's share of `alpha`. */
const alphaOf = (policy: ReleaseConfig): number => policy.alpha / policy.metrics.length;

/** The e-value at which one acts: 20 for 0.05. */
export const enough = (policy: ReleaseConfig): number => policy.metrics.length / policy.alpha;

export const lnEnough = (policy: ReleaseConfig): number => Math.log(enough(policy));

/** Turns counts into every number that the checks look at. */
export function factsOf(data: JudgeData, policy: ReleaseConfig): Facts {
  const stages = [...(data.earlier ?? []), data];
  const { assigned, stage, shadow } = data;
  const met = stage?.share === 0 ? [data] : stages.filter(isMet);
  const passed = data.earlier?.some((one) => one.stage?.share === 0);
  return {
    stage,
    errors: errorFacts(data, met, policy),
    lnOver: sum(met, ({ canary }) =>
      canary ? lnAboveLimit(canary.usersWithError, canary.users, policy.rollback_threshold.error_rate) : 0,
    ),
    assigned,
    sampleRatio:
      assigned && stage && stage.share > 0
        ? sampleRatioP([assigned.canary, assigned.stable], [stage.share, 1 - stage.share])
        : undefined,
    accuracy: accuracyFacts(data, stages, policy),
    latency: latencyFacts(data, policy),
    disagreement: shadow && shadow.n > 0 && !passed ? shadow.unlabelled / shadow.n : undefined,
  };
}

function errorFacts(
  { canary, stable }: JudgeData,
  stages: readonly StageEvidence[],
  policy: ReleaseConfig,
): ErrorFacts | undefined {
  if (!canary || !stable || canary.users === 0 || stable.users === 0) return undefined;
  const [n, bad] = [
    sum(stages, (one) => one.canary?.users ?? 0),
    sum(stages, (one) => one.canary?.usersWithError ?? 0),
  ];
  return {
    canary,
    stable,
    lnWorse: sum(stages, lnWorseIn),
    rate: bad / n,
    difference: confidenceSequence(
      canary.usersWithError / canary.users - stable.usersWithError / stable.users,
      Math.sqrt(carefulVariance(canary) + carefulVariance(stable)),
      canary.users + stable.users,
      { alpha: alphaOf(policy), tightestAt: USERS, sides: 1 },
    ),
    lnBelow: lnBelowLimit(canary.usersWithError, canary.users, policy.rollback_threshold.error_rate),
  };
}

/** A shadow's users met none of its errors: many good answers beside another model's are no comfort for those of a canary. */
const isMet = ({ stage }: StageEvidence): boolean => stage?.share !== 0;

/** Rates change with the hour and shares with the stage, so a stage is compared only with itself. */
function lnWorseIn({ canary, stable }: StageEvidence): number {
  if (!canary || !stable) return 0;
  const bad = canary.usersWithError + stable.usersWithError;
  return lnCanaryWorse(canary.usersWithError, bad, canary.users / (canary.users + stable.users));
}

/** Variance of an arm's rate with one good and one bad user added (Agresti and Caffo 2000): no errors yet is not certainty. */
function carefulVariance({ users, usersWithError }: JudgedArm): number {
  const rate = (usersWithError + 1) / (users + 2);
  return (rate * (1 - rate)) / (users + 2);
}

/** Pairs do not depend on shares or hours, so those of earlier stages count, and those of the shadow, which are told at each look. */
function accuracyFacts(
  data: JudgeData,
  stages: readonly StageEvidence[],
  policy: ReleaseConfig,
): AccuracyFacts | undefined {
  const { shadow } = data;
  if (!data.accuracy?.n && !shadow?.labelled) return undefined;
  const ofShadow = shadowPairs(shadow);
  const total = (part: "n" | "worse" | "better") =>
    ofShadow[part] + sum(stages, ({ accuracy }) => accuracy?.[part] ?? 0);
  const [n, worse, better] = [total("n"), total("worse"), total("better")];
  return {
    n,
    worse,
    better,
    drop: pairedDrop(n, worse, better, alphaOf(policy)),
    lnBelow: lnBelowLimit(worse, n, policy.rollback_threshold.accuracy_drop),
    lnDiffersBelow:
      shadow?.labelled && shadow.n >= policy.minimumPairs
        ? lnBelowLimit(shadow.unlabelled + shadow.labelled.worse, shadow.n, policy.rollback_threshold.accuracy_drop)
        : Number.NEGATIVE_INFINITY,
  };
}

/**
 * Pairs of a shadow. Where both models agree the difference is exactly zero, so that only what differs wants a label; labels for a part
 * of it stand for as large a part of all pairs.
 */
function shadowPairs(shadow: StageEvidence["shadow"]): { n: number; worse: number; better: number } {
  if (!shadow?.labelled) return { n: 0, worse: 0, better: 0 };
  const { n, worse, better } = shadow.labelled;
  const differing = shadow.unlabelled + n;
  return { n: differing === 0 ? shadow.n : Math.floor((shadow.n * n) / differing), worse, better };
}

function latencyFacts({ latency }: JudgeData, policy: ReleaseConfig): LatencyFacts | undefined {
  const bounds = latency && shift(latency.canary, latency.stable, alphaOf(policy));
  if (!bounds) return undefined;
  const ordered = latency.stable.toSorted((a, b) => a - b);
  const [low, high] = [ordered[Math.floor((ordered.length - 1) / 2)], ordered[Math.floor(ordered.length / 2)]];
  return { shift: bounds, stableMedian: ((low ?? 0) + (high ?? 0)) / 2 };
}

const sum = <Item>(items: readonly Item[], value: (item: Item) => number): number =>
  items.reduce((total, item) => total + value(item), 0);
