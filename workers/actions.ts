import type { Client } from "@temporalio/client";
import type { History } from "@temporalio/common/lib/proto-utils.js";
import type { RunReport } from "#contracts/run.ts";

/** How many actions a history tells of, and how many of them were attempts of each activity, by its id. */
export interface Actions {
  total: number;
  byActivity: ReadonlyMap<string, number>;
}

/**
 * Actions as Temporal Cloud bills them (docs.temporal.io/cloud/actions), as far as a history tells: starts, attempts of activities, timers,
 * signals, updates, upserts, markers (one a workflow task), and two for a child, whose own start is then not counted again. Heartbeats, queries and what a
 * schedule costs stand in no history.
 */
export function actionsOf({ events }: History): Actions {
  const activities = new Map<string, { id: string; attempts: number }>();
  const marked = new Set<string>();
  let total = 0;
  for (const event of events ?? []) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    const started = event.activityTaskStartedEventAttributes;
    const begun = event.workflowExecutionStartedEventAttributes;
    const marker = event.markerRecordedEventAttributes;
    if (scheduled) activities.set(String(event.eventId), { id: scheduled.activityId ?? "", attempts: 1 });
    else if (started) {
      const activity = activities.get(String(started.scheduledEventId));
      if (activity) activity.attempts = started.attempt ?? 1;
    } else if (begun) total += begun.parentWorkflowExecution ? 0 : 1;
    else if (marker) marked.add(String(marker.workflowTaskCompletedEventId));
    else if (event.startChildWorkflowExecutionInitiatedEventAttributes) total += 2;
    else if (
      event.timerStartedEventAttributes ||
      event.upsertWorkflowSearchAttributesEventAttributes ||
      event.workflowExecutionSignaledEventAttributes ||
      event.signalExternalWorkflowExecutionInitiatedEventAttributes ||
      event.workflowExecutionUpdateAcceptedEventAttributes
    )
      total += 1;
  }
  const byActivity = new Map<string, number>();
  for (const { id, attempts } of activities.values()) {
    byActivity.set(id, (byActivity.get(id) ?? 0) + attempts);
    total += attempts;
  }
  return { total: total + marked.size, byActivity };
}

/** A run's report with its actions, and those of each stage: its attempts, and the look for a kept result. */
export async function withActions(client: Client, report: RunReport): Promise<RunReport> {
  const { workflowId, runId } = report;
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const { total, byActivity } = actionsOf(history);
  return {
    ...report,
    actions: total,
    stages: report.stages.map((stage) => ({
      ...stage,
      actions: (byActivity.get(stage.name) ?? 0) + (byActivity.get(`lookup ${stage.name}`) ?? 0),
    })),
  };
}
