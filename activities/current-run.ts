import { activityInfo } from "@temporalio/activity";
import { InputError } from "#contracts/errors.ts";

/** The run that the current activity works for. */
export function currentRun(): { workflowId: string; runId: string } {
  const { workflowExecution } = activityInfo();
  if (workflowExecution) return workflowExecution;
  throw new InputError("this activity was not started by a workflow", "Start a run: haqei run daily.");
}

/** When Temporal's server scheduled the current activity, in ms: no worker's clock says whether a day is over. */
export const serverTime = (): number => activityInfo().currentAttemptScheduledTimestampMs;
