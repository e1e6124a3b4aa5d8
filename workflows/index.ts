import "./long-lived.ts";

export { canaryRollout } from "./canary-rollout.ts";
export { dailyBatch } from "./daily-batch.ts";
export { emergencyRetrain } from "./emergency-retrain.ts";
export { incident } from "./incident.ts";
export { launch } from "./launch.ts";
export { monthlyRebuild } from "./monthly-rebuild.ts";
export { notify } from "./notify.ts";
export { retention } from "./retention.ts";
export { watch } from "./watch.ts";
export { weeklyReport } from "./weekly-report.ts";
export { weeklyRetrain } from "./weekly-retrain.ts";
