import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "@temporalio/client";
import { type AuthoredData, readAuthored } from "#datasets/authored.ts";
import { bundledFallback } from "#local/fallback.ts";
import { type Home, homeIn } from "#local/home.ts";
import { type Servers, startServers } from "#local/start.ts";
import { createEdgeClient, type EdgeClient } from "#stores/edge.ts";
import { connectClient } from "#workers/client.ts";

export interface System {
  home: Home;
  servers: Servers;
  authored: AuthoredData;
  client: Client;
  /** A client of the edge, by the home's secret; it signs no pointers. */
  edge: EdgeClient;
  /** Of the process that is called so now. */
  pidOf(name: string): number;
  /** Ends everything and removes the home. */
  end: () => Promise<void>;
}

/** A whole system of its own: Temporal dev server, workers and edge, all real, in a home that goes with it. */
export async function startSystem(options: {
  dataset: string;
  config?: string;
  log?: (line: string) => void;
  /** Added to that of edge and workers. */
  environment?: Readonly<Record<string, string>>;
  before?: (home: Home) => Promise<void>;
}): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), "haqei-system-"));
  const home = homeIn(join(folder, "home"));
  await options.before?.(home);
  const authored = await readAuthored(options.dataset);
  const log = options.log ?? (() => undefined);
  const servers = await startServers({
    home,
    ...(options.config ? { configFile: options.config } : {}),
    ...(options.environment ? { environment: options.environment } : {}),
    fallback: bundledFallback(authored, { cache: home.cache, seed: 1, log }),
    log,
  });
  const client = await connectClient(servers.endpoints);
  return {
    home,
    servers,
    authored,
    client,
    edge: createEdgeClient({
      url: servers.endpoints.edge.url,
      adminSecret: (await readFile(home.adminSecretFile, "utf8")).trim(),
    }),
    pidOf: (name) => pidIn(servers.children(), name),
    end: async () => {
      await client.connection.close();
      await servers.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The number of the process of that name. Throws where none runs. */
export function pidIn(children: readonly { name: string; pid: number }[], name: string): number {
  const child = children.find((one) => one.name === name);
  if (!child) throw new Error(`no process ${name} runs`);
  return child.pid;
}

export const postJson = async (
  url: string,
  body: unknown,
): Promise<{ status: number; json: Record<string, unknown> }> => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
};
