import { computeActivities, pipelineActivities } from "#activities/index.ts";
import { weekInShort } from "#local/report.ts";
import { connectClient } from "./client.ts";
import { connectDependencies } from "./dependencies.ts";
import { runWorker } from "./process.ts";
import { listRuns } from "./runs.ts";
import { workflowBundle } from "./workflow-bundle.ts";

/** The worker of the queue `urgent`: emergencies with all their stages, in a process of its own, so that no other run keeps them waiting. */
await runWorker("urgent", async ({ home, loaded, endpoints }) => {
  const client = await connectClient(endpoints);
  const pages = endpoints.metrics?.url;
  const dependencies = {
    ...(await connectDependencies(home, loaded, endpoints)),
    runs: () => listRuns(client, endpoints),
    weekly: (to: string, now: number) => weekInShort({ home, loaded }, to, now),
    picture: (workflowId: string) => (pages ? `${pages}/runs/${encodeURIComponent(workflowId)}` : undefined),
  };
  return {
    options: {
      taskQueue: "urgent",
      workflowBundle: { codePath: await workflowBundle(home.cache) },
      activities: { ...pipelineActivities(dependencies), ...computeActivities(dependencies) },
      maxConcurrentActivityTaskExecutions: 4,
    },
    stop: () => client.connection.close(),
  };
});
