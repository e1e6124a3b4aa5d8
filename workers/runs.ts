import {
  type Client,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from "@temporalio/client";
import { ActivityFailure } from "@temporalio/common";
import { RunInput, RunKind, RunOutcome, type RunReport, type StageReport } from "#contracts/run.ts";
import type { Endpoints } from "#local/home.ts";
import { DAGS } from "#workflows/kinds.ts";
import { progressQuery } from "#workflows/messages.ts";

const STATUS: Partial<Record<string, RunReport["status"]>> = {
  RUNNING: "running",
  PAUSED: "running",
  CONTINUED_AS_NEW: "running",
  COMPLETED: "completed",
  FAILED: "failed",
  CANCELLED: "cancelled",
  TERMINATED: "terminated",
  TIMED_OUT: "timed_out",
};

const RUNS = `WorkflowType IN (${Object.values(DAGS)
  .map(({ name }) => `"${name}"`)
  .join(", ")})`;

/** Latest runs first. */
export async function listRuns(client: Client, endpoints: Endpoints, limit = 30): Promise<RunReport[]> {
  const reports: RunReport[] = [];
  const seen = new Set<string>();
  for await (const { workflowId } of client.workflow.list({ query: RUNS })) {
    if (seen.has(workflowId)) continue;
    seen.add(workflowId);
    const report = await reportRun(client, endpoints, workflowId);
    if (report) reports.push(report);
    if (reports.length >= limit) break;
  }
  return reports;
}

/** How a run stands; undefined where there is none by that id. A run that closed before a worker could answer has no stages. */
export async function reportRun(
  client: Client,
  endpoints: Endpoints,
  workflowId: string,
  runId?: string,
): Promise<RunReport | undefined> {
  const handle = client.workflow.getHandle(workflowId, runId);
  let described: WorkflowExecutionDescription;
  try {
    described = await handle.describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
  const status = STATUS[described.status.name] ?? "running";
  const identity = identityOf(workflowId);
  if (!identity) return undefined;
  // A completed run carries its outcome; any other tells it through a query, which needs a worker.
  const outcome = RunOutcome.safeParse(
    status === "completed" ? await handle.result() : await handle.query(progressQuery).catch(() => undefined),
  );
  const error =
    status === "failed" ? await handle.result().then(undefined, (failure: unknown) => messageOf(failure)) : undefined;
  return {
    workflowId,
    runId: described.runId,
    ...identity,
    status,
    stages: outcome.success ? outcome.data.stages.map(asReport) : [],
    ...(outcome.data?.model ? { model: outcome.data.model } : {}),
    metrics: outcome.data?.metrics ?? {},
    ...(outcome.data?.verdict ? { verdict: outcome.data.verdict } : {}),
    ...(outcome.data ? { partial: outcome.data.partial } : {}),
    ...(typeof error === "string" ? { error } : {}),
    ...(endpoints.temporal.ui
      ? { url: runUrl(endpoints.temporal.ui, endpoints.temporal.namespace, workflowId, described.runId) }
      : {}),
  };
}

/** Kind and logical date, from a run's id `daily-2026-11-03`. */
export function identityOf(workflowId: string): Pick<RunInput, "kind" | "date"> | undefined {
  const found = /^([a-z]+)-(\d{4}-\d{2}-\d{2})$/.exec(workflowId);
  const kind = RunKind.safeParse(found?.[1]);
  const date = RunInput.shape.date.safeParse(found?.[2]);
  return kind.success && date.success ? { kind: kind.data, date: date.data } : undefined;
}

const runUrl = (ui: string, namespace: string, workflowId: string, runId: string): string =>
  `${ui}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}/${encodeURIComponent(runId)}/history`;

/** A stage that has not ended by now did nothing that a report could count on. */
function asReport(stage: RunOutcome["stages"][number]): StageReport {
  const ended = stage.status === "ran" || stage.status === "cached" || stage.status === "failed";
  return { ...stage, state: stage.status, status: ended ? (stage.status as StageReport["status"]) : "skipped" };
}

/** A run's stages as they stand at this moment, for pictures: one that works is shown working. */
export const liveStages = ({ stages }: RunReport) =>
  stages.map((stage) => ({ ...stage, status: stage.state ?? stage.status }));

/** What a failure comes from: the innermost cause; what wraps it only says where it happened. */
function messageOf(failure: unknown): string {
  let innermost = failure;
  // A stage's failure already says all, with what to do: only bare wrappers are looked into.
  while (
    innermost instanceof Error &&
    innermost.cause instanceof Error &&
    (innermost instanceof WorkflowFailedError || innermost instanceof ActivityFailure)
  ) {
    innermost = innermost.cause;
  }
  return innermost instanceof Error ? innermost.message : String(innermost);
}
