import type { NotifyConfig } from "#contracts/config.ts";
import type { Addressed } from "#contracts/watch.ts";

/** A written report of a week, in short. Dates are logical, both included. */
export interface WeekInShort {
  from: string;
  to: string;
  /** Digest of its page in the artefact store. */
  sha256: string;
  /** A sentence a section. */
  lines: readonly string[];
}

/** The message by which a week's report goes to whom `weekly_report` (specification 4.2) is routed; a week's is always the same one. */
export const reportMessage = (
  { from, to, sha256, lines }: WeekInShort,
  at: number,
  routes: NotifyConfig["routes"],
): Addressed => ({
  notification: {
    id: `report-${to}`,
    key: "weekly-report",
    level: "info",
    status: "firing",
    title: `week of ${from} to ${to}`,
    done: [],
    alerts: [],
    report: { lines: [...lines, `The page: haqei report --week ${to}.`], sha256 },
    at,
  },
  channels: [...new Set(routes.weekly_report)],
});
