import { proxyActivities, workflowInfo } from "@temporalio/workflow";
import type { Errands } from "#activities/index.ts";
import { retryOptions } from "./retry.ts";

/** Errands take seconds; an unreachable store or edge is waited for. */
export const ERRAND_MINUTES = 5;

/** The errands, called under this summary; one whose worker was killed is given to another after a minute. */
export const errand = (options: { summary: string; activityId: string }) =>
  proxyActivities<Errands>({
    taskQueue: workflowInfo().taskQueue,
    ...retryOptions("reach", ERRAND_MINUTES),
    startToCloseTimeout: "1m",
    ...options,
  });
