import { existsSync } from "node:fs";
import type { Command } from "commander";
import { z } from "zod";
import { Release } from "#contracts/http.ts";
import { Incident } from "#contracts/incident.ts";
import { RunReport } from "#contracts/run.ts";
import { type Endpoints, type Home, readEndpoints } from "#local/home.ts";
import { isAlive, readProcesses } from "#local/processes.ts";
import type { Act } from "../context.ts";
import { table } from "../table.ts";

const Service = z.object({
  name: z.string(),
  up: z.boolean(),
  pid: z.number().int().optional(),
  restarts: z.number().int(),
  url: z.string().optional(),
});
export const Output = z.object({
  services: z.array(Service),
  schedules: z.array(
    z.object({ name: z.string(), timezone: z.string(), next: z.array(z.string()), paused: z.boolean() }),
  ),
  runs: z.array(RunReport),
  release: Release.nullable(),
  incidents: z.array(Incident),
});

export function register(program: Command, act: Act): void {
  program
    .command("status")
    .description("what runs, what it last did, and which model is served")
    .action(
      act(async (context) => {
        const { home } = await context.load();
        const endpoints = existsSync(home.endpointsFile) ? readEndpoints(home) : undefined;
        const services = servicesOf(home, endpoints);
        const isUp = (wanted: string) => services.some(({ name, up }) => name === wanted && up);
        const release = endpoints && isUp("edge") ? await releaseAt(endpoints.edge.url) : null;
        const told = endpoints && isUp("temporal") ? await askTemporal(endpoints) : { runs: [], schedules: [] };
        const output: z.infer<typeof Output> = { services, ...told, release, incidents: await incidentsOf(home) };
        return { output, text: describe(home, output) };
      }),
    );
}

function servicesOf(home: Home, endpoints: Endpoints | undefined): z.infer<typeof Service>[] {
  const urls: Record<string, string | undefined> = { temporal: endpoints?.temporal.ui, edge: endpoints?.edge.url };
  return (readProcesses(home)?.children ?? []).map(({ name, restarts, ...identity }) => {
    const up = isAlive(identity);
    const url = urls[name];
    return { name, up, restarts, ...(up ? { pid: identity.pid } : {}), ...(url === undefined ? {} : { url }) };
  });
}

async function askTemporal(endpoints: Endpoints): Promise<Pick<z.infer<typeof Output>, "runs" | "schedules">> {
  const [{ connectClient }, { listRuns }, { listSchedules }] = await Promise.all([
    import("#workers/client.ts"),
    import("#workers/runs.ts"),
    import("#workers/schedules.ts"),
  ]);
  const client = await connectClient(endpoints);
  try {
    return { runs: await listRuns(client, endpoints, 10), schedules: await listSchedules(client) };
  } finally {
    await client.connection.close();
  }
}

/** The last incidents; a home in which no worker ran has none. */
async function incidentsOf(home: Home): Promise<Incident[]> {
  if (!existsSync(home.registryFile)) return [];
  const [{ readIncidents }, { sqliteRegistry }] = await Promise.all([
    import("#activities/open-incident.ts"),
    import("#stores/registry.ts"),
  ]);
  const registry = sqliteRegistry(home.registryFile);
  try {
    return (await readIncidents(registry)).slice(0, 10);
  } finally {
    registry.close();
  }
}

/** Null where the edge does not say: that it is up is told by its process, not by this. */
async function releaseAt(url: string): Promise<z.infer<typeof Release> | null> {
  try {
    const answer = await fetch(`${url}/api/release`, { signal: AbortSignal.timeout(5000) });
    return Release.safeParse(await answer.json()).data ?? null;
  } catch {
    return null;
  }
}

function describe(home: Home, { services, schedules, runs, release, incidents }: z.infer<typeof Output>): string {
  if (services.length === 0) return `Nothing runs in ${home.directory}. Start it with \`npx haqei start\`.`;
  const rows = services.map(({ name, up, pid, restarts, url }) => [
    name,
    up ? "up" : "down",
    String(pid ?? ""),
    String(restarts),
    url ?? "",
  ]);
  const served =
    release === null || release.current === null
      ? "No model is released."
      : `Served: ${release.current.version} (${release.current.sha256.slice(0, 12)}, epoch ${release.epoch}).`;
  const lastRuns = runs.map(({ workflowId, status, model, url }) => [
    workflowId,
    status,
    model?.sha256.slice(0, 12) ?? "",
    url ?? "",
  ]);
  return [
    table(["service", "state", "process", "restarts", "address"], rows),
    ...(runs.length === 0 ? [] : ["", table(["run", "state", "model", "address"], lastRuns)]),
    ...schedules.map(
      ({ name, paused, next, timezone }) =>
        `Schedule ${name}: ${paused ? "paused" : `next ${next[0] ?? "never"}`} (${timezone})`,
    ),
    ...incidents.map(
      ({ level, cause, opened, timeline }) =>
        `Incident of level ${level}, ${new Date(opened).toISOString()}: ${cause}${timeline[0] ? ` (${timeline[0].what})` : ""}`,
    ),
    "",
    served,
  ].join("\n");
}
