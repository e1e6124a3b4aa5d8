import type { Estimate } from "#contracts/accuracy.ts";
import { wilson } from "#contracts/wilson.ts";
import { type Reaction, SIGNALS } from "./judgement.ts";

/** The 0.975 quantile of the standard normal distribution. */
const Z = 1.959963984540054;
/** Share of answers with a signal below which too few judged ones of that signal do no harm. */
const NEGLIGIBLE = 0.02;
const FEWEST_OF_A_SIGNAL = 5;

const judged = (reactions: readonly Reaction[]): Reaction[] => reactions.filter(({ right }) => right !== null);

/** Share of judged answers that were right: of those who chose to judge, which are not all. */
export function feedbackEstimate(reactions: readonly Reaction[], minimum: number): Estimate | null {
  const all = judged(reactions);
  if (all.length < minimum) return null;
  return { ...wilson(all.filter(({ right }) => right).length, all.length), n: all.length };
}

/** The same of users whom chance has put into an arm of an experiment (bucket `<experiment>/<arm>`) or into the canary's stage. */
export const experimentEstimate = (reactions: readonly Reaction[], minimum: number): Estimate | null =>
  feedbackEstimate(
    reactions.filter(({ bucket }) => bucket.includes("/") || bucket === "canary"),
    minimum,
  );

/**
 * All answers with a reaction, judged or not, by post-stratification: for each implicit signal the share right among judged answers
 * with that signal, weighted by how often the signal is. Clicks alone never count as right. It is biased where, at the same
 * signal, those who judge differ from those who do not; it is null where a signal that occurs was hardly ever judged. The
 * interval takes the signals' shares as known: `sum w^2 p(1-p)/n`, with one good and one bad answer added to each signal.
 */
export function realTimeEstimate(reactions: readonly Reaction[], minimum: number): Estimate | null {
  const known = judged(reactions);
  if (known.length < minimum) return null;
  let value = 0;
  let variance = 0;
  for (const signal of SIGNALS) {
    const share = reactions.filter((reaction) => reaction.signal === signal).length / reactions.length;
    if (share === 0) continue;
    const of = known.filter((reaction) => reaction.signal === signal);
    if (of.length < FEWEST_OF_A_SIGNAL && share > NEGLIGIBLE) return null;
    const right = of.filter((reaction) => reaction.right).length;
    value += share * (of.length === 0 ? 0.5 : right / of.length);
    const smoothed = (right + 1) / (of.length + 2);
    variance += (share * share * smoothed * (1 - smoothed)) / (of.length + 2);
  }
  const half = Z * Math.sqrt(variance);
  return { value, lo: Math.max(0, value - half), hi: Math.min(1, value + half), n: known.length };
}
