import type { Client } from "@temporalio/client";
import { msToTs } from "@temporalio/common/lib/time.js";
import type { Endpoints } from "#local/home.ts";
import { connectClient } from "./client.ts";

/** How long the server keeps the histories of runs that are over in the client's namespace (specification 5.1), in days. */
export async function setHistoryDays(client: Client, days: number): Promise<void> {
  const { namespace } = client.options;
  await client.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: msToTs(`${days}d`) },
  });
}

/** The same of the home's server. */
export async function keepHistories(endpoints: Endpoints, days: number): Promise<void> {
  const client = await connectClient(endpoints);
  try {
    await setHistoryDays(client, days);
  } finally {
    await client.connection.close();
  }
}
