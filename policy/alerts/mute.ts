import type { AlertEpisode, Silence } from "#contracts/alert.ts";

/** While the first fires, nobody needs to be told of the second: it follows from it. */
const INHIBITIONS: readonly { source: string; target: string }[] = [
  { source: "error_rate", target: "fallback_rate" },
  { source: "error_rate", target: "cache_hit_rate" },
  { source: "error_rate", target: "error_budget_burn_1h" },
  { source: "error_budget_burn_1h", target: "error_budget_burn_6h" },
  { source: "error_budget_burn_6h", target: "error_budget_burn_1d" },
  { source: "error_budget_burn_1d", target: "error_budget_burn_3d" },
  { source: "accuracy_below_blessed", target: "accuracy" },
  { source: "accuracy_below_blessed", target: "accuracy_drop" },
  { source: "cpu_time_p99", target: "operations_p99" },
];

export type Muted = { muted: false } | { muted: true; reason: "silenced" | "inhibited"; by: string };

/** Whether receivers are told of an episode, and why not. A muted episode is kept and shown all the same. */
export function mutedOf(
  episode: AlertEpisode,
  firing: ReadonlySet<string>,
  silences: readonly Silence[],
  now: number,
): Muted {
  const silence = silences.find(({ rule, from, until }) => rule === episode.rule && from <= now && now < until);
  if (silence) return { muted: true, reason: "silenced", by: `${silence.by}: ${silence.reason}` };
  const inhibition = INHIBITIONS.find(({ source, target }) => target === episode.rule && firing.has(source));
  return inhibition ? { muted: true, reason: "inhibited", by: inhibition.source } : { muted: false };
}
