import { setTimeout as sleep } from "node:timers/promises";
import { ServiceError, type WorkflowHandle } from "@temporalio/client";

/** Seconds for which a server may be away before it is no longer waited for. */
const PATIENCE_SECONDS = 120;

/**
 * Resolves once the workflow is over, however it ended. A server that is away meanwhile, as while it is started again, ends no waiting: it is
 * asked again until it has been away for `patienceSeconds`, or `signal` says to stop.
 */
export async function untilOver(
  handle: Pick<WorkflowHandle, "result">,
  { signal, patienceSeconds = PATIENCE_SECONDS }: { signal?: AbortSignal | undefined; patienceSeconds?: number } = {},
): Promise<void> {
  let away = 0;
  while (!signal?.aborted && away <= patienceSeconds) {
    try {
      await handle.result();
      return;
    } catch (error) {
      if (!(error instanceof ServiceError)) return;
      away += 1;
      await sleep(1000, undefined, { ref: false });
    }
  }
}
