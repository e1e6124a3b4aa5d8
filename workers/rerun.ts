import type { Client } from "@temporalio/client";
import { WorkflowNotFoundError } from "@temporalio/client";
import { Wish, wishName } from "#activities/wish.ts";
import { InputError, NotFoundError } from "#contracts/errors.ts";
import type { Registry } from "#stores/registry.ts";
import { downstreamOf, findStage } from "#workflows/dag.ts";
import { DAGS } from "#workflows/kinds.ts";
import { identityOf } from "./runs.ts";

export interface Rerun {
  workflowId: string;
  /** The run that takes the place of the reset one. */
  runId: string;
  reset: { eventId: number; keptStages: string[]; rerunStages: string[] };
}

/**
 * Resets a run to just before a stage (Temporal reset): what earlier stages made stands in its history, the stage and all that
 * depend on it are done again although their inputs are unchanged.
 * Throws InputError for an unknown stage or one that the run never reached, NotFoundError for an unknown run.
 */
export async function rerunFrom(client: Client, registry: Registry, workflowId: string, from: string): Promise<Rerun> {
  const dag = DAGS[identityOf(workflowId)?.kind ?? "daily"];
  const stage = findStage(dag, from);
  if (!stage)
    throw new InputError(`there is no stage ${from}`, `Stages are ${dag.stages.map(({ name }) => name).join(", ")}.`);
  const { runId, eventId } = await findLookup(client, workflowId, stage.name);
  const rerunStages = downstreamOf(dag, stage.name);
  const keptStages = dag.stages.map(({ name }) => name).filter((name) => !rerunStages.includes(name));

  const wish: Wish = { stages: rerunStages, insteadOf: runId };
  const { epoch } = await registry.read(wishName(workflowId));
  const recorded = await registry.compareAndSet(wishName(workflowId), epoch, Wish.parse(wish));
  const answer = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId, runId },
    reason: `run again from ${stage.name}`,
    workflowTaskFinishEventId: eventId,
    requestId: crypto.randomUUID(),
  });
  // From here on only this new run is meant, not one that is started for the same date later.
  await registry.compareAndSet(wishName(workflowId), recorded, Wish.parse({ ...wish, runId: answer.runId }));
  return { workflowId, runId: answer.runId, reset: { eventId: Number(eventId), keptStages, rerunStages } };
}

/** The workflow task that decided to look up the stage: a reset to its end does the look-up again, and nothing before it. */
async function findLookup(
  client: Client,
  workflowId: string,
  stage: string,
): Promise<{ runId: string; eventId: Long }> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    const { runId } = await handle.describe();
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const scheduled = events?.find(
      (event) => event.activityTaskScheduledEventAttributes?.activityId === `lookup ${stage}`,
    );
    const eventId = scheduled?.activityTaskScheduledEventAttributes?.workflowTaskCompletedEventId;
    if (!eventId)
      throw new InputError(
        `${workflowId} never reached ${stage}`,
        "Run it again from an earlier stage, or start it anew: haqei run daily.",
      );
    return { runId, eventId };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      throw new NotFoundError(
        `there is no run ${workflowId}`,
        "Run ids are like daily-2026-11-03; haqei status lists the latest.",
        { cause: error },
      );
    throw error;
  }
}

type Long = NonNullable<
  NonNullable<Parameters<Client["workflowService"]["resetWorkflowExecution"]>[0]>["workflowTaskFinishEventId"]
>;
