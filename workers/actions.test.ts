import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { actionsOf } from "./actions.ts";

const history = (name: string) =>
  JSON.parse(readFileSync(new URL(`../test/histories/${name}.json`, import.meta.url), "utf8"));

it("counts a real day's run: its start, its activities, its upserts", () => {
  const { events } = history("daily-first");
  const of = (type: string) => events.filter((event: { eventType: string }) => event.eventType === type).length;
  const { total, byActivity } = actionsOf({ events });
  expect(total).toBe(1 + of("EVENT_TYPE_ACTIVITY_TASK_SCHEDULED") + of("EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"));
  expect(byActivity.get("03:train")).toBe(1);
  expect(byActivity.get("lookup 03:train")).toBe(1);
});

it("counts two for a child, and each attempt of what was retried", () => {
  // A start by a schedule, one errand, one child.
  expect(actionsOf(history("launch")).total).toBe(1 + 1 + 2);
  const events = [
    { eventId: 1, workflowExecutionStartedEventAttributes: { parentWorkflowExecution: { workflowId: "launch" } } },
    { eventId: 5, activityTaskScheduledEventAttributes: { activityId: "open" } },
    { eventId: 6, activityTaskStartedEventAttributes: { scheduledEventId: 5, attempt: 4 } },
    { eventId: 7, markerRecordedEventAttributes: { workflowTaskCompletedEventId: 4 } },
    { eventId: 8, markerRecordedEventAttributes: { workflowTaskCompletedEventId: 4 } },
    { eventId: 9, timerStartedEventAttributes: {} },
  ];
  expect(actionsOf({ events } as unknown as Parameters<typeof actionsOf>[0]).total).toBe(4 + 1 + 1);
});
