export { dailyBatch } from "./daily-batch.ts";
export { launch } from "./launch.ts";
