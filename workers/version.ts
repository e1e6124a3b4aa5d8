import type { WorkerDeploymentOptions } from "@temporalio/worker";
import { InputError } from "#contracts/errors.ts";

/**
 * Of which version this worker is, by the names that Temporal's Worker Controller and `temporal-docker/` use. A batch stays with the version
 * that began it; what waits for days says so itself (`workflows/long-lived.ts`). Without the names, as on one machine, workers have none.
 * @throws InputError where only one of the names is there
 */
export function workerVersion(env: NodeJS.ProcessEnv = process.env): {
  workerDeploymentOptions?: WorkerDeploymentOptions;
} {
  const { TEMPORAL_DEPLOYMENT_NAME: deploymentName, TEMPORAL_WORKER_BUILD_ID: buildId } = env;
  if (!deploymentName && !buildId) return {};
  if (!deploymentName || !buildId)
    throw new InputError(
      `${deploymentName ? "TEMPORAL_WORKER_BUILD_ID" : "TEMPORAL_DEPLOYMENT_NAME"} is not set`,
      "A worker's version has a deployment and a build: set both, or neither.",
    );
  return {
    workerDeploymentOptions: {
      useWorkerVersioning: true,
      version: { deploymentName, buildId },
      defaultVersioningBehavior: "PINNED",
    },
  };
}
