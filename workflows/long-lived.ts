import { setWorkflowOptions, workflowInfo } from "@temporalio/workflow";
import { canaryRollout } from "./canary-rollout.ts";
import { incident } from "./incident.ts";

/**
 * Rollouts and incidents last for days and wait for persons: where workers have versions (`workers/version.ts`), they go on under whichever is
 * current, and a version that is gone leaves none of them behind. So their code changes behind `patched()` only. Of a worker without a version
 * the server takes no word about versions.
 */
const goesAlong = () =>
  workflowInfo().currentDeploymentVersion?.deploymentName ? ({ versioningBehavior: "AUTO_UPGRADE" } as const) : {};

setWorkflowOptions(goesAlong, canaryRollout);
setWorkflowOptions(goesAlong, incident);
