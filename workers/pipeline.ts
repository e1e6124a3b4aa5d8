import { pipelineActivities } from "#activities/index.ts";
import { measure } from "#activities/measure.ts";
import { remembered } from "#activities/remembered.ts";
import { weekInShort } from "#local/report.ts";
import { readIncidents } from "#stores/incidents.ts";
import { connectClient } from "./client.ts";
import { connectDependencies } from "./dependencies.ts";
import { servePages } from "./pages.ts";
import { runWorker } from "./process.ts";
import { processMetrics, samplesText, scrapeText } from "./prometheus.ts";
import { listRuns } from "./runs.ts";
import { workflowBundle } from "./workflow-bundle.ts";

/** Prometheus asks every 15 seconds; measuring asks the edge some forty times. */
const MEASURED_EVERY_MS = 30_000;

/** The worker of the queue `pipeline`: all workflows, errands and light stages; the pages that draw runs, and what Prometheus reads. */
await runWorker("pipeline", async ({ home, loaded, endpoints, sdkMetrics }) => {
  const client = await connectClient(endpoints);
  const dependencies = {
    ...(await connectDependencies(home, loaded, endpoints)),
    runs: () => listRuns(client, endpoints),
    weekly: (to: string, now: number) => weekInShort({ home, loaded }, to, now),
  };
  const measured = measure(dependencies);
  const sources = {
    samples: remembered(async () => samplesText(await measured()), MEASURED_EVERY_MS),
    edge: () => dependencies.edge.metrics(),
    temporal: sdkMetrics,
    worker: processMetrics(),
  };
  const pages = await servePages(client, endpoints, () => readIncidents(dependencies.registry), {
    "/metrics": { type: "text/plain; version=0.0.4", body: () => scrapeText(sources) },
  });
  const picture = (workflowId: string) => `${pages.url}/runs/${encodeURIComponent(workflowId)}`;
  return {
    options: {
      taskQueue: "pipeline",
      workflowBundle: { codePath: await workflowBundle(home.cache) },
      activities: pipelineActivities({ ...dependencies, picture }),
      maxConcurrentActivityTaskExecutions: 8,
    },
    endpoints: { metrics: { url: pages.url } },
    stop: async () => {
      await pages.stop();
      await client.connection.close();
    },
  };
});
