import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Client } from "@temporalio/client";
import { historyToJSON } from "@temporalio/common/lib/proto-utils.js";
import { temporal } from "@temporalio/proto";

/** Saves a run's history for the replay test, where `HAQEI_SAVE_HISTORIES` is set. */
export async function saveHistory(
  client: Client,
  workflowId: string,
  runId: string | undefined,
  name: string,
): Promise<void> {
  if (!process.env.HAQEI_SAVE_HISTORIES) return;
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const json = historyToJSON(temporal.api.history.v1.History.create(history));
  await writeFile(
    fileURLToPath(new URL(`../histories/${name}.json`, import.meta.url)),
    `${JSON.stringify(JSON.parse(json)).replaceAll(`${process.cwd()}/`, "")}\n`,
  );
}
