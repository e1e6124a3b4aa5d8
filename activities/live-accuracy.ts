import type { AccuracyDay, AccuracySource, Estimate } from "#contracts/accuracy.ts";
import type { Config } from "#contracts/config.ts";
import type { LoggedEvent } from "#contracts/event.ts";
import { experimentEstimate, feedbackEstimate, realTimeEstimate } from "#policy/accuracy/estimate.ts";
import { type Reaction, reactionOf } from "#policy/accuracy/judgement.ts";
import { type Milestone, milestonesReached, trackDay } from "#policy/accuracy/tracker.ts";
import { addDays, datesBetween, logicalDateOf, startOfDate } from "#policy/logical-date.ts";
import { readReleaseHistory } from "#stores/release-history.ts";
import { byAnswer } from "./feedback.ts";
import { type EventSources, recentEvents } from "./recent-events.ts";

const DAY = 86_400_000;

/** What people let be seen of each answer, judged or not. */
export const reactionsOf = (events: readonly LoggedEvent[], dwellSeconds: number): Reaction[] =>
  [...byAnswer(events).values()].map((about) => reactionOf(about, dwellSeconds));

/** The tracker's three sources (specification 7.1), each null where too few judged. */
export const sourcesOf = (
  reactions: readonly Reaction[],
  minimum: number,
): Record<AccuracySource, Estimate | null> => ({
  realTime: realTimeEstimate(reactions, minimum),
  abTest: experimentEstimate(reactions, minimum),
  feedback: feedbackEstimate(reactions, minimum),
});

export interface Tracked {
  /** Oldest first; the last is the day of `now`, which is not over. */
  days: AccuracyDay[];
  /** The first day on which everybody had a model of ours; null before. */
  start: string | null;
  milestones: Milestone[];
  judged: number;
}

/** The tracker of the last days, from the event log and the history of releases. @param now ms since 1970 */
export async function trackAccuracy(
  sources: EventSources,
  { accuracy, timezone, preprocess }: Pick<Config, "accuracy" | "timezone" | "preprocess">,
  days: number,
  now: number,
): Promise<Tracked> {
  const today = logicalDateOf(now, timezone);
  const dates = datesBetween(addDays(today, 1 - days), today);
  const bounds = [...dates, addDays(today, 1)].map((date) => startOfDate(date, timezone));
  const history = sources.registry ? await readReleaseHistory(sources.registry) : [];
  const first = history.find(({ outcome }) => outcome === "released");
  const start = first ? logicalDateOf(first.at, timezone) : null;
  const reactions = (await recentEvents(sources, bounds)).map((events) =>
    reactionsOf(events, preprocess.weights.dwellSeconds),
  );
  const judged = reactions.flat().filter(({ right }) => right !== null);
  return {
    start,
    days: dates.map((date, at) => {
      const since = start === null ? null : (Date.parse(date) - Date.parse(start)) / DAY;
      const daysSinceStart = since === null || since < 0 ? null : since;
      return trackDay(date, sourcesOf(reactions[at] ?? [], accuracy.minimumJudged), daysSinceStart, accuracy);
    }),
    milestones: milestonesReached(judged.filter(({ right }) => right).length, judged.length, accuracy),
    judged: judged.length,
  };
}
