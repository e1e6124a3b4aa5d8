import type { AlertEpisode, NotificationLog } from "#contracts/alert.ts";

/** How long a group's first news waits for more, how far apart its messages are, and when it is said again; ms. */
export interface NotificationTiming {
  group_wait: number;
  group_interval: number;
  repeat_interval: number;
}

/** Alertmanager's defaults. */
export const TIMING: NotificationTiming = { group_wait: 30_000, group_interval: 300_000, repeat_interval: 14_400_000 };

export interface NotificationPlan {
  send: boolean;
  reason: "news" | "repeat" | "waits-for-more" | "too-soon" | "nothing-new";
  firing: AlertEpisode[];
  resolved: AlertEpisode[];
  /** What to keep once the message is out; a message that was not sent leaves the log as it is. */
  log: NotificationLog | null;
}

export const episodeId = ({ rule, firedAt }: AlertEpisode): string => `${rule}@${firedAt}`;

/**
 * What a group's receivers are to be told now. Episodes are compared, not rules, so that an alert which fires again is news; one
 * that fired and was over between two messages is told with the next as resolved, never dropped. `episodes`: all of the group
 * that fire, or whose end has not been told.
 */
export function planNotification(
  episodes: readonly AlertEpisode[],
  log: NotificationLog | null,
  now: number,
  timing: NotificationTiming,
): NotificationPlan {
  const firing = episodes.filter(({ resolvedAt }) => resolvedAt === null);
  const resolved = episodes.filter(
    (episode) => episode.resolvedAt !== null && !log?.resolved.includes(episodeId(episode)),
  );
  const isNews = resolved.length > 0 || firing.some((episode) => !log?.firing.includes(episodeId(episode)));
  const plan = (send: boolean, reason: NotificationPlan["reason"]): NotificationPlan => ({
    send,
    reason,
    firing,
    resolved,
    log: send ? { at: now, firing: firing.map(episodeId), resolved: resolved.map(episodeId) } : log,
  });

  if (!isNews) {
    const isDue = log !== null && firing.length > 0 && now - log.at >= timing.repeat_interval;
    return plan(isDue, isDue ? "repeat" : "nothing-new");
  }
  if (log === null) {
    const first = Math.min(...episodes.map(({ firedAt }) => firedAt));
    return now - first < timing.group_wait ? plan(false, "waits-for-more") : plan(true, "news");
  }
  return now - log.at < timing.group_interval ? plan(false, "too-soon") : plan(true, "news");
}
