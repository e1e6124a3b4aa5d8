export { canaryRollout } from "./canary-rollout.ts";
export { dailyBatch } from "./daily-batch.ts";
export { launch } from "./launch.ts";
