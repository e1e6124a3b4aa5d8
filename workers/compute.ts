import { computeActivities } from "#activities/index.ts";
import { connectDependencies } from "./dependencies.ts";
import { runWorker } from "./process.ts";

/** The worker of the queue `compute`: training, one at a time, in a process of its own so that its load delays nothing else. */
await runWorker("compute", async ({ home, loaded, endpoints }) => ({
  options: {
    taskQueue: "compute",
    activities: computeActivities(await connectDependencies(home, loaded, endpoints)),
    maxConcurrentActivityTaskExecutions: 1,
  },
}));
