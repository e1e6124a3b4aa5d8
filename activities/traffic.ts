import type { LearningWeights, ReleaseConfig } from "#contracts/config.ts";
import type { Pairs } from "#contracts/evaluation.ts";
import type { LoggedEvent } from "#contracts/event.ts";
import type { Traffic } from "#policy/feasibility.ts";
import { labelledBy } from "./evidence.ts";

const HOUR = 3_600_000;

/**
 * What a release may count on, from a stretch of the event log: users an hour (only those who sent feedback are seen, so there are more)
 * and labelled queries an hour. Nobody counts errors while no canary is out: half the limit is assumed. A stretch under an hour counts as one.
 */
export function trafficOf(
  events: readonly LoggedEvent[],
  pairs: Pairs | undefined,
  policy: ReleaseConfig,
  weights: LearningWeights,
): Traffic {
  const times = events.map(({ receivedAt }) => receivedAt);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const hours = events.length === 0 ? 1 : Math.max(1, (last - first) / HOUR);
  const users = new Set(events.flatMap(({ user }) => user ?? [])).size;
  return {
    usersPerHour: users / hours,
    errorRate: policy.rollback_threshold.error_rate / 2,
    labelsPerHour: labelledBy(events, weights).length / hours,
    disagreement:
      pairs && pairs.n > 0 ? (pairs.worse + pairs.better) / pairs.n : policy.rollback_threshold.accuracy_drop,
  };
}
