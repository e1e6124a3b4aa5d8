import { pipelineActivities } from "#activities/index.ts";
import { connectClient } from "./client.ts";
import { connectDependencies } from "./dependencies.ts";
import { servePages } from "./pages.ts";
import { runWorker } from "./process.ts";
import { workflowBundle } from "./workflow-bundle.ts";

/** The worker of the queue `pipeline`: all workflows, errands and light stages; and the pages that draw runs. */
await runWorker("pipeline", async ({ home, loaded, endpoints }) => {
  const client = await connectClient(endpoints);
  const pages = await servePages(client, endpoints);
  return {
    options: {
      taskQueue: "pipeline",
      workflowBundle: { codePath: await workflowBundle(home.cache) },
      activities: pipelineActivities(await connectDependencies(home, loaded, endpoints, pages.url)),
      maxConcurrentActivityTaskExecutions: 8,
    },
    endpoints: { metrics: { url: pages.url } },
    stop: async () => {
      await pages.stop();
      await client.connection.close();
    },
  };
});
