import { join } from "node:path";
import { bundleWorker, EDGE_FOLDER } from "#local/edge-bundle.ts";
import { type EdgeServer, readWranglerConfig, startWorker } from "#local/edge-server.ts";
import { threadsCpuMs } from "./process-cpu.ts";

/** The Worker whose stores are its own memory. */
const ENTRY = join(import.meta.dirname, "../local/workerd/cold.ts");

/** What a cold edge finds in its stores, by their keys. */
export type Stored = Readonly<Record<string, Uint8Array<ArrayBuffer> | string>>;

/**
 * What the first full answer of an isolate takes once all bytes are there, in ms: pointer and blessing checked, model and readings decoded,
 * every function run for the first time. Time is what whoever asks waits for; CPU counts workerd's compiling threads too.
 *
 * @param persistence an empty folder of its own
 */
export async function coldAnswer(
  stored: Stored,
  vars: Readonly<Record<string, string>>,
  text: string,
  persistence: string,
): Promise<{ time: number; cpu: number }> {
  const worker = await startCold(vars, persistence);
  try {
    for (const [key, body] of Object.entries(stored)) await fetch(`${worker.url}/${key}`, { method: "PUT", body });
    const pid = worker.workerdPid();
    const [before, sent] = [threadsCpuMs(pid), performance.now()];
    const response = await fetch(`${worker.url}/api/classify`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text }),
    });
    const answer = (await response.json()) as { path: string; predictions: { shin?: string }[] };
    const taken = { time: performance.now() - sent, cpu: threadsCpuMs(pid) - before };
    if (answer.path !== "full" || answer.predictions[0]?.shin === undefined)
      throw new Error(`a cold edge answered by its ${answer.path}, or without a reading`);
    return taken;
  } finally {
    await worker.stop();
  }
}

let built: ReturnType<typeof bundleWorker> | undefined;

async function startCold(vars: Readonly<Record<string, string>>, persistence: string): Promise<EdgeServer> {
  built ??= bundleWorker(ENTRY);
  const [config, { main, modules }] = await Promise.all([readWranglerConfig(), built]);
  const values = { ...config.vars, ...vars, ADMIN_SECRET: "bench", EVENT_SECRET: "bench" };
  const env = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { type: "text" as const, value }]),
  );
  const manifest = { mainModule: main, modulesRoot: EDGE_FOLDER, modules };
  const worker = { name: "cold", compatibilityDate: config.compatibility_date, manifest, env };
  return startWorker({ config: worker }, persistence, 0);
}
