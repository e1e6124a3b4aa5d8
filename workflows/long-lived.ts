import { setWorkflowOptions } from "@temporalio/workflow";
import { canaryRollout } from "./canary-rollout.ts";
import { incident } from "./incident.ts";

/**
 * Rollouts and incidents last for days and wait for persons: where workers have versions (`workers/version.ts`), they go on under whichever is
 * current, and a version that is gone leaves none of them behind. So their code changes behind `patched()` only.
 */
setWorkflowOptions({ versioningBehavior: "AUTO_UPGRADE" }, canaryRollout);
setWorkflowOptions({ versioningBehavior: "AUTO_UPGRADE" }, incident);
