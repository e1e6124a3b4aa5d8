import type { Client } from "@temporalio/client";
import { RunOutcome } from "#contracts/run.ts";
import type { ReviewedRun } from "#policy/architecture-review.ts";

/** More says nothing that these do not. */
const MOST = 100;

/** Finished runs of these logical dates, both included, with how long their stages took. */
export async function runsBetween(client: Client, { from, to }: { from: string; to: string }): Promise<ReviewedRun[]> {
  const runs: ReviewedRun[] = [];
  const query = `LogicalDate BETWEEN "${from}" AND "${to}" AND ExecutionStatus = "Completed"`;
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    const outcome = RunOutcome.safeParse(await client.workflow.getHandle(workflowId, runId).result());
    if (!outcome.success) continue;
    runs.push({ kind: workflowId.slice(0, workflowId.indexOf("-")), stages: outcome.data.stages });
    if (runs.length === MOST) break;
  }
  return runs;
}
