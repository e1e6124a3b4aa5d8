import type { LoggedEvent } from "#contracts/event.ts";

/** What users let be seen without being asked, from the best sign to the worst. */
export const SIGNALS = ["stayed", "clicked", "bounced", "nothing"] as const;
export type Signal = (typeof SIGNALS)[number];

/** One served answer: what was seen of it, and, where somebody judged it, whether one of its first three was right. */
export interface Reaction {
  signal: Signal;
  right: boolean | null;
  bucket: string;
}

/** Answers count as good to this rank (`graded_top3`). */
const RANKS = 3;

/**
 * What the events of one answer say. A correction judges by the line it names, a thumb by its direction; where both were given the
 * correction holds. A report judges nothing: it may be about the text. `dwellSeconds`: from how long a stay counts.
 */
export function reactionOf(events: readonly LoggedEvent[], dwellSeconds: number): Reaction {
  const [first] = events;
  const shown = first?.served.shown.slice(0, RANKS) ?? [];
  const correction = events.findLast(({ type }) => type === "correction")?.correctId;
  const thumb = events.findLast(({ type }) => type === "thumb")?.value;
  const right = correction !== undefined ? shown.includes(correction) : thumb === undefined ? null : thumb > 0;
  const isThere = (wanted: LoggedEvent["type"]) => events.some(({ type }) => type === wanted);
  const stayed = events.some(({ type, value }) => type === "dwell" && (value ?? 0) >= dwellSeconds * 1000);
  const signal = stayed ? "stayed" : isThere("bounce") ? "bounced" : isThere("click") ? "clicked" : "nothing";
  return { signal, right, bucket: first?.served.bucket ?? "" };
}
