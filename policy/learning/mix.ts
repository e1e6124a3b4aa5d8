import type { FeedbackConfig } from "#contracts/config.ts";
import type { FeedbackType } from "#contracts/event.ts";

/** The specification's kinds of feedback (7.2) and the events that they are. */
const KINDS: Readonly<Record<keyof FeedbackConfig["expected"], FeedbackType>> = {
  click_through: "click",
  dwell_time: "dwell",
  bounce_rate: "bounce",
  thumbs_up_down: "thumb",
  corrections: "correction",
  reports: "report",
};

export interface Mix {
  /** Events of a kind as a share of all, less the share expected. */
  deviation: Record<keyof FeedbackConfig["expected"], number>;
  /** Half the sum of the deviations' sizes: the share of events that are of another kind than expected. */
  total: number;
  /** Events over what `days` days are expected to bring. */
  volume: number;
}

/**
 * How the kinds of feedback are mixed, against the volumes expected a day; without events nothing deviates.
 *
 * @param counts events by their type
 */
export function mixOf(
  counts: ReadonlyMap<FeedbackType, number>,
  expected: FeedbackConfig["expected"],
  days: number,
): Mix {
  const all = [...counts.values()].reduce((sum, n) => sum + n, 0);
  const wanted = Object.values(expected).reduce((sum, n) => sum + n, 0);
  const kinds = Object.entries(KINDS) as [keyof typeof KINDS, FeedbackType][];
  const deviation = Object.fromEntries(
    kinds.map(([kind, type]) => [
      kind,
      all === 0 || wanted === 0 ? 0 : (counts.get(type) ?? 0) / all - expected[kind] / wanted,
    ]),
  ) as Mix["deviation"];
  const total = Object.values(deviation).reduce((sum, share) => sum + Math.abs(share), 0) / 2;
  return { deviation, total, volume: wanted * days === 0 ? 0 : all / (wanted * days) };
}
