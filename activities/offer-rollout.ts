import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from "@temporalio/client";
import type { Workflow } from "@temporalio/common";
import { NotReachableError } from "#contracts/errors.ts";
import { type Candidate, type OfferState, ROLLOUT_ID } from "#contracts/rollout.ts";

/**
 * Offers a candidate to the rollout, starting one where none runs: in one call, so that of two offers at once one starts it and the other
 * waits behind it. A rollout is never superseded; of those that wait, the newest counts.
 * @throws NotReachableError where no worker took it
 */
export async function offerRollout(client: Client, candidate: Candidate): Promise<OfferState> {
  const { sha256, version, person, reason } = candidate;
  try {
    return await client.workflow.executeUpdateWithStart<Workflow, OfferState, [Candidate]>("offer", {
      args: [candidate],
      startWorkflowOperation: new WithStartWorkflowOperation("canaryRollout", {
        taskQueue: "pipeline",
        workflowId: ROLLOUT_ID,
        args: [{ candidate }],
        workflowIdConflictPolicy: "USE_EXISTING",
        workflowIdReusePolicy: "ALLOW_DUPLICATE",
        staticSummary: `rollout of ${version}`,
        staticDetails: `Takes model ${sha256.slice(0, 12)} to users, stage by stage, by evidence.${person ? ` Asked for by ${person}: ${reason ?? ""}` : ""}`,
      }),
    });
  } catch (cause) {
    // A rollout that ended at this very moment takes no offer: asked again, another starts.
    if (cause instanceof WorkflowUpdateFailedError || cause instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
      throw new NotReachableError("the rollout did not take the candidate", "Ask again.", { cause });
    throw cause;
  }
}
