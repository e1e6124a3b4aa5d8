export { canaryRollout } from "./canary-rollout.ts";
export { dailyBatch } from "./daily-batch.ts";
export { incident } from "./incident.ts";
export { launch } from "./launch.ts";
export { notify } from "./notify.ts";
export { watch } from "./watch.ts";
