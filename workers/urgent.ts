import { computeActivities, pipelineActivities } from "#activities/index.ts";
import { connectDependencies } from "./dependencies.ts";
import { runWorker } from "./process.ts";
import { workflowBundle } from "./workflow-bundle.ts";

/** The worker of the queue `urgent`: emergencies with all their stages, in a process of its own, so that no other run keeps them waiting. */
await runWorker("urgent", async ({ home, loaded, endpoints }) => {
  const dependencies = await connectDependencies(home, loaded, endpoints, endpoints.metrics?.url);
  return {
    options: {
      taskQueue: "urgent",
      workflowBundle: { codePath: await workflowBundle(home.cache) },
      activities: { ...pipelineActivities(dependencies), ...computeActivities(dependencies) },
      maxConcurrentActivityTaskExecutions: 4,
    },
  };
});
