import { defineSearchAttributeKey, SearchAttributeType } from "@temporalio/common";
import { setCurrentDetails, workflowInfo } from "@temporalio/workflow";
import type { Addressed } from "#contracts/watch.ts";
import { errand, HEARTBEAT } from "./errand.ts";
import { send } from "./notify.ts";

/** Set by the server on whatever a schedule starts. */
const scheduledStart = defineSearchAttributeKey("TemporalScheduledStartTime", SearchAttributeType.DATETIME);
/** Reading a week's events takes minutes where there are many. */
const LONGEST = 10 * 60_000;

/**
 * Writes the report of the week that ended the day before, and sends it to whom the action `weekly_report` is routed (specification 4.2,
 * `info`). The week is that of the scheduled time, so that a late start writes the same.
 */
export async function weeklyReport({ to }: { to?: string } = {}): Promise<Addressed> {
  const at = workflowInfo().typedSearchAttributes.get(scheduledStart)?.getTime() ?? Date.now();
  const { message, retry } = await errand({
    summary: "write the week's report",
    activityId: "report",
    startToCloseTimeout: LONGEST,
    heartbeatTimeout: HEARTBEAT,
  }).reportWeek({ ...(to === undefined ? {} : { to }), at });
  const { notification, channels } = message;
  setCurrentDetails(
    [
      `The ${notification.title}, to ${channels.join(", ") || "nobody: notify.routes.weekly_report names no channel"}.`,
      ...(notification.report?.lines ?? []).map((line) => `- ${line}`),
    ].join("\n"),
  );
  await send([message], retry, "keep");
  return message;
}
