import {
  ACCURACY_SOURCES,
  type AccuracyDay,
  type AccuracySource,
  type AccuracyStatus,
  type Estimate,
} from "#contracts/accuracy.ts";
import type { AccuracyConfig } from "#contracts/config.ts";
import { bernoulliSequence } from "../statistics/bernoulli-sequence.ts";

/** Days after the first model reached everybody at which a milestone is due. */
const DUE = { week1: 7, week2: 14, week4: 28, week8: 56, month3: 90 } as const;

/** What the milestones ask for `days` after the start, interpolated between them (specification 7.1); flat after the last. */
export function expectedAccuracy(days: number, { baseline, milestones }: AccuracyConfig): number {
  let before = { day: 0, value: baseline };
  for (const [name, day] of Object.entries(DUE)) {
    const value = milestones[name as keyof typeof DUE];
    if (days <= day)
      return before.value + ((value - before.value) * Math.max(0, days - before.day)) / (day - before.day);
    before = { day, value };
  }
  return before.value;
}

export interface Milestone {
  name: string;
  /** Days after the start. */
  due: number;
  target: number;
  /** Shown: the lower bound of the confidence sequence, which may be looked at every day, has reached the target. */
  reached: boolean;
  lower: number;
}

/** Which milestones the answers judged so far have shown to be reached. @param right of `judged` answers */
export function milestonesReached(right: number, judged: number, { milestones }: AccuracyConfig): Milestone[] {
  const { lo } = bernoulliSequence(right, judged, { alpha: 0.05, tightestAt: 500 });
  return Object.entries(DUE).map(([name, due]) => {
    const target = milestones[name as keyof typeof DUE];
    return { name, due, target, reached: lo >= target, lower: lo };
  });
}

/** The specification's actions for a gap (7.1). */
const ACTIONS: Readonly<Record<AccuracyStatus, readonly string[]>> = {
  URGENT: ["review compression parameters", "analyse feedback more", "learn every 12 hours instead of daily"],
  WARNING: ["update the keyword dictionary", "relearn frequent patterns"],
  OK: [],
  UNKNOWN: ["gather judgements: a day without any says nothing"],
};

/**
 * One day of the tracker. A source that is missing takes its weight along: it never counts as zero, and the weights in force are
 * shown. Intervals are combined as those of independent estimates, from their half-widths.
 */
export function trackDay(
  date: string,
  sources: Readonly<Record<AccuracySource, Estimate | null>>,
  daysSinceStart: number | null,
  config: AccuracyConfig,
): AccuracyDay {
  const there = ACCURACY_SOURCES.filter((source) => sources[source] !== null);
  const sum = there.reduce((all, source) => all + config.weights[source], 0);
  const weightOf = (source: AccuracySource): number =>
    sources[source] === null || sum === 0 ? 0 : config.weights[source] / sum;
  const weights = { realTime: weightOf("realTime"), abTest: weightOf("abTest"), feedback: weightOf("feedback") };
  const weighted = sum === 0 ? null : combined(sources, weights);
  const expected = daysSinceStart === null ? null : expectedAccuracy(daysSinceStart, config);
  // Rounded to 12 digits, so that 0.65 - 0.60 is 0.05 and not a little more.
  const gap = weighted === null || expected === null ? null : Number((expected - weighted.value).toFixed(12));
  const status = statusOf(gap, config);
  return { date, ...sources, weights, weighted, expected, gap, status, actions: [...ACTIONS[status]] };
}

function combined(
  sources: Readonly<Record<AccuracySource, Estimate | null>>,
  weights: Readonly<Record<AccuracySource, number>>,
): { value: number; lo: number; hi: number } {
  let [value, below, above] = [0, 0, 0];
  for (const source of ACCURACY_SOURCES) {
    const estimate = sources[source];
    if (estimate === null) continue;
    value += weights[source] * estimate.value;
    below += (weights[source] * (estimate.value - estimate.lo)) ** 2;
    above += (weights[source] * (estimate.hi - estimate.value)) ** 2;
  }
  return { value, lo: value - Math.sqrt(below), hi: value + Math.sqrt(above) };
}

function statusOf(gap: number | null, { gap: limits }: AccuracyConfig): AccuracyStatus {
  if (gap === null) return "UNKNOWN";
  if (gap > limits.URGENT) return "URGENT";
  return gap > limits.WARNING ? "WARNING" : "OK";
}
