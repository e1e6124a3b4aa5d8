import type { LearningWeights } from "#contracts/config.ts";
import type { LoggedEvent } from "#contracts/event.ts";

/** What one served answer taught, or why it taught nothing. */
export type Lesson =
  | { taught: true; classId: number; weight: number; by: "correction" | "thumbUp" | "dwell" | "click" }
  | { taught: false; reason: Untaught };

export type Untaught = "reported" | "contradictory" | "only-negative" | "no-signal";

/**
 * What users' reactions to one answer say about its right class (specification 7.2). The strongest signal decides: a correction,
 * else a thumb up, else a stay, else a click; a thumb down or a bounce takes the weaker signals back; a report takes all. Two
 * different corrections contradict one another.
 */
export function lessonOf(events: readonly LoggedEvent[], weights: LearningWeights): Lesson {
  if (events.some(({ type }) => type === "report")) return { taught: false, reason: "reported" };
  const corrections = new Set(
    events.flatMap(({ type, correctId }) => (type === "correction" && correctId !== undefined ? [correctId] : [])),
  );
  if (corrections.size > 1) return { taught: false, reason: "contradictory" };
  const [corrected] = corrections;
  if (corrected !== undefined)
    return { taught: true, classId: corrected, weight: weights.correction, by: "correction" };

  const negative = events.some(({ type, value }) => type === "bounce" || (type === "thumb" && value === -1));
  const thumb = events.find(({ type, value }) => type === "thumb" && value === 1);
  if (negative) return { taught: false, reason: thumb ? "contradictory" : "only-negative" };
  if (thumb) return { taught: true, classId: aboutOf(thumb), weight: weights.thumbUp, by: "thumbUp" };
  const click = events.find(({ type }) => type === "click");
  const dwell = events.find(
    ({ type, value }) => type === "dwell" && value !== undefined && value >= weights.dwellSeconds * 1000,
  );
  // A stay that names no prediction was on the one that was opened.
  if (dwell)
    return { taught: true, classId: dwell.shownId ?? aboutOf(click ?? dwell), weight: weights.dwell, by: "dwell" };
  if (click) return { taught: true, classId: aboutOf(click), weight: weights.click, by: "click" };
  return { taught: false, reason: "no-signal" };
}

/** The prediction an event is about: the one it names, else the one shown first. */
function aboutOf({ shownId, served }: LoggedEvent): number {
  return shownId ?? (served.shown[0] as number);
}
