import { getClient } from "@temporalio/activity";
import { type Client, WorkflowNotFoundError } from "@temporalio/client";
import type { RunOutcome } from "#contracts/run.ts";
import { named } from "./failure.ts";

/**
 * How the latest run by an id stands: `partial` is done, but of a day that was not over then; `ended` came to no result (failed,
 * cancelled, terminated, timed out).
 */
export type Standing = "absent" | "running" | "done" | "partial" | "ended";

export async function standingOf(client: Client, workflowId: string): Promise<Standing> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    const { status } = await handle.describe();
    if (status.name === "COMPLETED") return ((await handle.result()) as RunOutcome).partial ? "partial" : "done";
    return status.name === "RUNNING" ? "running" : "ended";
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return "absent";
    throw error;
  }
}

/** The errand of it, for workflows. */
export const standing =
  () =>
  (workflowId: string): Promise<Standing> =>
    named(() => standingOf(getClient(), workflowId));
