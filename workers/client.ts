import { Client, Connection, WorkflowExecutionAlreadyStartedError, type WorkflowHandle } from "@temporalio/client";
import { type WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from "@temporalio/common";
import { standingOf } from "#activities/standing.ts";
import { NotReachableError } from "#contracts/errors.ts";
import { type RunInput, type RunOutcome, type RunReport, runIdOf } from "#contracts/run.ts";
import type { Endpoints } from "#local/home.ts";
import { addDays, startOfDate } from "#policy/logical-date.ts";
import type { dailyBatch } from "#workflows/daily-batch.ts";
import { DAGS, queueOf } from "#workflows/kinds.ts";
import { progressQuery } from "#workflows/messages.ts";
import type { weeklyReport } from "#workflows/weekly-report.ts";
import { payloadOptions } from "./payload-codec.ts";
import { reportRun } from "./runs.ts";
import { temporalConnection } from "./temporal-connection.ts";
import { tracedClient } from "./traced.ts";
import { untilOver } from "./until-over.ts";

/** A client of the home's Temporal server; the caller closes its connection. Throws NotReachableError after `connectTimeout`. */
export async function connectClient(
  endpoints: Pick<Endpoints, "temporal">,
  connectTimeout: `${number}s` = "5s",
): Promise<Client> {
  const { temporal } = endpoints;
  try {
    return new Client({
      connection: await Connection.connect({ ...temporalConnection(endpoints), connectTimeout }),
      namespace: temporal.namespace,
      interceptors: { workflow: [tracedClient] },
      ...payloadOptions(),
    });
  } catch (cause) {
    throw new NotReachableError(
      `Temporal at ${temporal.address} does not answer`,
      "Start the servers with haqei start.",
      { cause },
    );
  }
}

export interface RunOptions {
  /** Start anew although the date is done. */
  again?: boolean;
  /** Time zone of dates: a run of a day that was not over then, and is now, is done anew. */
  timezone?: string;
  /** Wait for the end; else answer as soon as it is started. */
  wait?: boolean;
  onProgress?: (outcome: RunOutcome) => void;
  /** Stops waiting; the run goes on. */
  signal?: AbortSignal;
}

/** Starts a run, joins it where it is running, or returns the finished one unless `again`. One that failed is started anew. */
export async function startRun(endpoints: Endpoints, input: RunInput, options: RunOptions = {}): Promise<RunReport> {
  const client = await connectClient(endpoints);
  try {
    const workflowId = runIdOf(input);
    const { handle, reused } = await startOrJoin(
      client,
      workflowId,
      input,
      options.again || (await isOutdated(client, workflowId, input, options)),
    );
    if (options.wait) await ended(handle, options);
    const report = (await reportRun(client, endpoints, workflowId, handle.runId)) as RunReport;
    // Nothing of a run that had ended was done again for this call.
    return reused
      ? {
          ...report,
          reused,
          stages: report.stages.map((stage) => (stage.status === "ran" ? { ...stage, status: "cached" } : stage)),
        }
      : report;
  } finally {
    await client.connection.close();
  }
}

async function isOutdated(
  client: Client,
  workflowId: string,
  { date }: RunInput,
  { timezone }: RunOptions,
): Promise<boolean> {
  if (timezone === undefined || Date.now() < startOfDate(addDays(date, 1), timezone)) return false;
  return (await standingOf(client, workflowId)) === "partial";
}

type Handle = WorkflowHandle<typeof dailyBatch> & { runId?: string };

async function startOrJoin(
  client: Client,
  workflowId: string,
  input: RunInput,
  again: boolean,
): Promise<{ handle: Handle; reused: boolean }> {
  const conflict: WorkflowIdConflictPolicy = "USE_EXISTING";
  try {
    const { name, stages } = DAGS[input.kind];
    const started = await client.workflow.start<typeof dailyBatch>(name, {
      taskQueue: queueOf(input.kind),
      workflowId,
      args: [input],
      workflowIdReusePolicy: again
        ? WorkflowIdReusePolicy.ALLOW_DUPLICATE
        : WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
      workflowIdConflictPolicy: conflict,
      staticSummary: `${input.kind} batch for ${input.date}`,
      staticDetails: `Learns from events up to ${input.date}: ${stages.map((stage) => stage.name).join(", ")}. Seed ${input.seed}${input.release ? "" : "; releases nothing"}.`,
    });
    return { handle: client.workflow.getHandle(workflowId, started.firstExecutionRunId), reused: false };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError)
      return { handle: client.workflow.getHandle(workflowId), reused: true };
    throw error;
  }
}

/** Has a week's report written and sent by a workflow. @returns the channels that it goes to */
export async function sendReport(endpoints: Endpoints, to: string): Promise<string[]> {
  const client = await connectClient(endpoints);
  try {
    const { channels } = await client.workflow.execute<typeof weeklyReport>("weeklyReport", {
      taskQueue: "pipeline",
      workflowId: `report-${to}`,
      args: [{ to }],
      workflowIdConflictPolicy: "USE_EXISTING",
      staticSummary: `the week up to ${to}, asked for by hand`,
    });
    return channels;
  } finally {
    await client.connection.close();
  }
}

/** Waits until a run is closed, however it ends, telling its progress every second. */
async function ended(handle: Handle, { onProgress, signal }: RunOptions): Promise<void> {
  let open = true;
  const closed = untilOver(handle, { signal });
  void closed.then(() => {
    open = false;
  });
  while (open && !signal?.aborted) {
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 1000))]);
    if (onProgress) await handle.query(progressQuery).then(onProgress, () => undefined);
  }
}
