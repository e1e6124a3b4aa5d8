import { proxyActivities, workflowInfo } from "@temporalio/workflow";
import type { Errands, ReportErrands, WatchErrands } from "#activities/index.ts";
import { retryOptions } from "./retry.ts";

/** Errands take seconds; an unreachable store or edge is waited for. */
export const ERRAND_MINUTES = 5;

/** An errand that beats (`activities/heartbeat.ts`) and is silent for so long has lost its worker. */
export const HEARTBEAT = "10s";

/** The errands of going back: asked until they are done, however long the edge is away, and soon once it is there again. */
export const persistentErrand = (options: { summary: string; activityId: string }) =>
  proxyActivities<Errands>({
    taskQueue: workflowInfo().taskQueue,
    startToCloseTimeout: "2m",
    heartbeatTimeout: HEARTBEAT,
    retry: { ...retryOptions("reach", ERRAND_MINUTES).retry, maximumInterval: "2s" },
    ...options,
  });

export interface ErrandOptions {
  summary: string;
  activityId: string;
  startToCloseTimeout?: number;
  heartbeatTimeout?: typeof HEARTBEAT;
  /** Tried so often at most; until it is done, where not said. */
  attempts?: number;
}

/** The errands, called under this summary; one whose worker was killed is given to another after a minute. */
export function errand({ attempts, ...options }: ErrandOptions) {
  const { retry, ...timeouts } = retryOptions("reach", ERRAND_MINUTES);
  return proxyActivities<Errands & WatchErrands & ReportErrands>({
    taskQueue: workflowInfo().taskQueue,
    ...timeouts,
    startToCloseTimeout: "1m",
    retry: { ...retry, ...(attempts === undefined ? {} : { maximumAttempts: attempts }) },
    ...options,
  });
}
