export { canaryRollout } from "./canary-rollout.ts";
export { dailyBatch } from "./daily-batch.ts";
export { emergencyRetrain } from "./emergency-retrain.ts";
export { launch } from "./launch.ts";
export { monthlyRebuild } from "./monthly-rebuild.ts";
export { retention } from "./retention.ts";
export { weeklyRetrain } from "./weekly-retrain.ts";
