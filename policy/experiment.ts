import type { LoggedEvent } from "#contracts/event.ts";
import type { ArmData, Experiment, ExperimentPlan, ExperimentReport, VariantEffect } from "#contracts/experiment.ts";
import type { Pointer } from "#contracts/pointer.ts";
import { wilson } from "#contracts/wilson.ts";
import { alwaysValidP, confidenceSequence } from "./statistics/confidence-sequence.ts";
import { type Arm, cuped } from "./statistics/cuped.ts";
import { holm } from "./statistics/holm.ts";
import { sampleRatioP } from "./statistics/sample-ratio.ts";

const DAY_MS = 86_400_000;
/** A stay that counts as a conversion. */
const STAY_MS = 10_000;
/** Fewest judged answers an arm, and fewest right and wrong ones, from which an asymptotic interval is believed (statistics C). */
const MINIMUM_JUDGED = 100;
const MINIMUM_EVENTS = 10;
/** Below it the users did not fall to the arms by their shares (statistics F). */
const SAMPLE_RATIO = 0.001;

/**
 * Why an experiment may not start now, or undefined. A canary with a share stands in its way: their salts are unrelated, so the canary
 * takes some of every arm's people, and takes more as it grows; only one that has nobody is disjoint. A shadow is about to be one.
 */
export function startFault({ plan, state }: Experiment, pointer: Pointer): string | undefined {
  if (state !== "created") return `the experiment ${plan.name} is ${state}`;
  if (pointer.canary !== undefined && pointer.canary.basisPoints > 0)
    return `the canary ${pointer.canary.version} has ${pointer.canary.basisPoints / 100}% of all users, of every arm's too`;
  if (pointer.shadow !== undefined)
    return `${pointer.shadow.version} answers in shadow, and will be a canary of all users, of every arm's too`;
  if (pointer.experiments.some(({ name }) => name === plan.name)) return `the pointer has an experiment ${plan.name}`;
  return undefined;
}

/**
 * What the users of each arm did, by the event log. The first answer that a user judged counts: a thumb, or a correction.
 *
 * @param confidenceOf how sure the control model is of its answer to a text: it hangs on neither the arm nor what the user said, as
 * a covariate must not
 */
export function armData(
  { name, arms }: Pick<ExperimentPlan, "name" | "arms">,
  events: readonly LoggedEvent[],
  confidenceOf: (text: string) => number,
): ArmData[] {
  return arms.map((arm) => {
    const own = events.filter(({ served, user }) => user !== undefined && served.bucket === `${name}/${arm.name}`);
    const byUser = [...Map.groupBy(own, ({ user }) => user as string).values()];
    const judged = byUser.flatMap((theirs) => {
      const first = theirs.find((event) => event.type === "correction" || event.type === "thumb");
      return first === undefined ? [] : [judgementOf(first, confidenceOf)];
    });
    // A user counts once here, too: by what their client reported last.
    const latency = byUser.flatMap(
      (theirs) => theirs.findLast((event) => event.roundTripMs !== undefined)?.roundTripMs ?? [],
    );
    return { name: arm.name, users: byUser.length, converted: byUser.filter(isConverted).length, judged, latency };
  });
}

function judgementOf(
  { type, value, correctId, served }: LoggedEvent,
  confidenceOf: (text: string) => number,
): ArmData["judged"][number] {
  const right = type === "thumb" ? value === 1 : correctId === served.shown[0];
  return served.text === undefined ? { right } : { right, before: confidenceOf(served.text) };
}

const isConverted = (events: readonly LoggedEvent[]): boolean =>
  events.some(({ type, value = 0 }) => (type === "thumb" && value === 1) || (type === "dwell" && value >= STAY_MS));

/**
 * Where an experiment stands (specification 2.3). A winner needs all of: a healthy split of users, its days, enough judged answers, and a
 * confidence sequence that excludes 0, with Holm's correction over the variants. It may be looked at as often as one likes.
 *
 * @param now ms since 1970
 */
export function reportExperiment(
  { plan, state, startedAt, stoppedAt }: Experiment,
  data: readonly ArmData[],
  now: number,
): ExperimentReport {
  const days = startedAt === undefined ? 0 : ((stoppedAt ?? now) - startedAt) / DAY_MS;
  const [control, ...treated] = plan.arms.map(({ name }) => data.find((one) => one.name === name) ?? empty(name));
  const variants = corrected(treated.map((arm) => effectOf(control as ArmData, arm, plan)));
  const srmP = sampleRatioP(
    [control as ArmData, ...treated].map(({ users }) => users),
    plan.arms.map(({ basisPoints }) => basisPoints),
  );
  const srm = { pValue: srmP ?? null, healthy: srmP !== undefined && srmP >= SAMPLE_RATIO };
  const best = [...variants].sort((a, b) => (b.effect ?? -1) - (a.effect ?? -1))[0] as VariantEffect;
  const { arm: _arm, ...top } = best;
  return {
    name: plan.name,
    state,
    days,
    arms: [control as ArmData, ...treated].map(({ name, users, converted, judged, latency }, at) => ({
      name,
      sha256: plan.arms[at]?.sha256 ?? "",
      users,
      judged: judged.length,
      accuracy: judged.length === 0 ? null : wilson(judged.filter(({ right }) => right).length, judged.length),
      latency_p50: median(latency ?? []),
      conversion: users === 0 ? null : wilson(converted, users),
    })),
    ...top,
    variants,
    statistical_significance: best.pValue,
    srm,
    decision: decide(plan, days, srm, variants, [control as ArmData, ...treated]),
  };
}

function decide(
  { alpha, minimumDays, horizon }: ExperimentPlan,
  days: number,
  srm: ExperimentReport["srm"],
  variants: readonly VariantEffect[],
  arms: readonly ArmData[],
): ExperimentReport["decision"] {
  const hold = (reason: string) => ({ action: "hold" as const, arm: null, reason });
  if (arms.every(({ users }) => users === 0)) return hold("no-data");
  if (srm.pValue === null) return hold("too-few-users");
  if (!srm.healthy) return hold("sample-ratio");
  if (days < minimumDays) return hold("too-early");
  const measured = variants.filter((one) => one.effect !== null);
  if (measured.length < variants.length) return hold("too-few-judged");
  const shown = measured.filter(
    ({ pValue, interval }) => (pValue ?? 1) < alpha && interval !== null && (interval.lower > 0 || interval.upper < 0),
  );
  const [winner] = shown
    .filter(({ interval }) => (interval?.lower ?? 0) > 0)
    .sort((a, b) => (b.effect ?? 0) - (a.effect ?? 0));
  if (winner) return { action: "winner", arm: winner.arm, reason: "interval-above-zero" };
  if (shown.length === variants.length) return { action: "worse", arm: null, reason: "interval-below-zero" };
  const judged = arms.reduce((sum, arm) => sum + arm.judged.length, 0);
  return hold(judged >= horizon ? "inconclusive" : "undecided");
}

const unmeasured = (arm: string): VariantEffect => ({
  arm,
  effect: null,
  interval: null,
  pValue: null,
  kind: "always-valid",
});

function effectOf(control: ArmData, treated: ArmData, { alpha, horizon }: ExperimentPlan): VariantEffect {
  if (![control, treated].every(isEnough)) return unmeasured(treated.name);
  const scores = [...control.judged, ...treated.judged].flatMap(({ before }) => (before === undefined ? [] : [before]));
  // An answer without a score stands at the mean, where it adjusts nothing: consent does not hang on the arm.
  const mean = scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length);
  const [a, b] = [control, treated].map(
    ({ judged }): Arm => ({
      outcome: judged.map(({ right }) => Number(right)),
      before: judged.map(({ before }) => before ?? mean),
    }),
  ) as [Arm, Arm];
  const { estimate, se } = cuped(a, b, alpha);
  const n = control.judged.length + treated.judged.length;
  const { lower, upper } = confidenceSequence(estimate, se, n, { alpha, tightestAt: horizon, sides: 2 });
  const pValue = alwaysValidP(estimate, se, n, { alpha, tightestAt: horizon });
  return { arm: treated.name, effect: estimate, interval: { lower, upper }, pValue, kind: "always-valid" };
}

function isEnough({ judged }: ArmData): boolean {
  const right = judged.filter((one) => one.right).length;
  return judged.length >= MINIMUM_JUDGED && Math.min(right, judged.length - right) >= MINIMUM_EVENTS;
}

function corrected(variants: readonly VariantEffect[]): VariantEffect[] {
  const adjusted = holm(variants.map(({ pValue }) => pValue ?? 1));
  return variants.map((variant, at) => ({
    ...variant,
    pValue: variant.pValue === null ? null : (adjusted[at] ?? 1),
  }));
}

const empty = (name: string): ArmData => ({ name, users: 0, converted: 0, judged: [] });

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
