import {
  defineSearchAttributeKey,
  SearchAttributeType,
  WorkflowExecutionAlreadyStartedError,
} from "@temporalio/common";
import {
  ApplicationFailure,
  ParentClosePolicy,
  startChild,
  WorkflowIdReusePolicy,
  workflowInfo,
} from "@temporalio/workflow";
import type { RunKind } from "#contracts/run.ts";
import { dateOfScheduledRun } from "#policy/logical-date.ts";
import { errand } from "./errand.ts";
import { DAGS, queueOf } from "./kinds.ts";

/** Set by the server on whatever a schedule starts, backfills included. */
const scheduledStart = defineSearchAttributeKey("TemporalScheduledStartTime", SearchAttributeType.DATETIME);

export interface Launch {
  kind: RunKind;
  timezone: string;
  seed: number;
  /** True: say what would be started, and start nothing. */
  plan?: boolean;
}

/**
 * What a schedule starts. A schedule adds its own time to the ids of what it starts, in UTC, which in Tokyo is the day before; so
 * this computes the logical date from the scheduled time (never the clock: backfills and late starts keep theirs) and starts
 * `daily-<date>`, `weekly-<date>` or `monthly-<date>`. A date that runs or is done is left alone.
 */
export async function launch({
  kind,
  timezone,
  seed,
  plan = false,
}: Launch): Promise<{ workflowId: string; started: boolean }> {
  const scheduled = workflowInfo().typedSearchAttributes.get(scheduledStart);
  if (scheduled === undefined) {
    throw ApplicationFailure.nonRetryable(
      `launch was not started by a schedule, so it has no date. Start a run with haqei run ${kind} --date YYYY-MM-DD.`,
      "InputError",
    );
  }
  const date = dateOfScheduledRun(scheduled.getTime(), timezone);
  const workflowId = `${kind}-${date}`;
  if (plan) return { workflowId, started: false };
  const standing = await errand({ summary: `how does ${workflowId} stand?`, activityId: "standing" }).standing(
    workflowId,
  );
  // A run of a day that was not over has not seen all of its events: it is run again.
  if (standing === "running" || standing === "done") return { workflowId, started: false };
  try {
    await startChild(DAGS[kind].name, {
      workflowId,
      taskQueue: queueOf(kind),
      args: [{ kind, date, seed, release: true }],
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `${kind} batch for ${date}`,
    });
    return { workflowId, started: true };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { workflowId, started: false };
    throw error;
  }
}
