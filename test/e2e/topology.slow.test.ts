import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "@temporalio/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { NotReachableError } from "#contracts/errors.ts";
import type { RunReport } from "#contracts/run.ts";
import { type AuthoredData, readAuthored } from "#datasets/authored.ts";
import { runDemonstration } from "#local/demonstration.ts";
import { type Bundled, bundledFallback } from "#local/fallback.ts";
import type { Endpoints } from "#local/home.ts";
import { ALERT_RULES } from "#policy/alerts/rules.ts";
import { logicalDateOf } from "#policy/logical-date.ts";
import { connectClient, startRun } from "#workers/client.ts";
import { reportRun } from "#workers/runs.ts";
import { pidIn, startSystem } from "../support/system.ts";
import { findPrograms, type Programs, startTopology, type Topology } from "../support/topology.ts";

/**
 * The topology of `temporal-docker/`, from packages instead of images: it comes to the very model that the embedded servers come
 * to, a run survives losing any of several workers, and every process killed while a run goes on.
 */

/** Small: what is held here hangs on no data set. */
const DATASET = fileURLToPath(new URL("../../local/example/data", import.meta.url));
const TODAY = logicalDateOf(Date.now(), "Asia/Tokyo");
const INPUT = { kind: "daily", date: TODAY, seed: 384, release: true } as const;
/** Parts that everything hangs on, in the order in which they are killed; the ones that watch come last. */
const PARTS = ["postgres", "store", "temporal", "edge", "prometheus", "alertmanager"] as const;

const programs = findPrograms();
const missing = Object.entries(programs).flatMap(([name, found]) => (found === undefined ? [name] : []));
if (missing.length > 0)
  console.warn(
    `skipped: ${missing.join(", ")} not installed (Debian: apt-get install postgresql prometheus prometheus-alertmanager; Go builds Temporal's server and versitygw)`,
  );

describe.skipIf(missing.length > 0)("the topology", () => {
  let folder: string;
  let configFile: string;
  let authored: AuthoredData;
  let bundled: Bundled;
  let topology: Topology;
  let client: Client;
  let embedded: RunReport;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "haqei-topology-test-"));
    configFile = join(folder, "haqei.config.ts");
    const settings = {
      dataset: DATASET,
      preprocess: { minimumExamples: 50 },
      // Long enough to be met in the middle.
      training: { epochs: 1000, max_dimension: 24, maxFeatures: 10_000 },
      // Every candidate is released.
      deploy: { accuracy_drop: 0.99 },
      compression: { shipBytes: 100_000_000, accuracy_impact: 0.5 },
    };
    await writeFile(configFile, `export default ${JSON.stringify(settings)};\n`);
    authored = await readAuthored(DATASET);
    const cache = join(folder, "cache");
    bundled = await bundledFallback(authored, { cache, seed: 1, log: () => undefined });

    const system = await startSystem({
      dataset: DATASET,
      config: configFile,
      // The fallback is made once for both.
      before: (home) => cp(cache, home.cache, { recursive: true }),
    });
    try {
      await ask(system.servers.endpoints);
      embedded = await startRun(system.servers.endpoints, INPUT, { wait: true });
    } finally {
      await system.end();
    }
    topology = await startTopology(programs as { [Program in keyof Programs]: string }, { configFile, bundled });
    client = await connectClient(topology.endpoints);
  }, 600_000);
  afterAll(async () => {
    await client?.connection.close();
    await topology?.end();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  /** The same users ask the same everywhere. */
  const ask = ({ edge }: Endpoints) =>
    runDemonstration({
      edgeUrl: edge.url,
      queries: authored.examples.filter(({ split }) => split === "live"),
      classes: authored.classes,
      n: 60,
      seed: 384,
      date: TODAY,
    });

  const pidOf = (name: string): number => pidIn(topology.children(), name);
  const workerOf = (kind: string, pid: number): string | undefined =>
    topology.children().find((child) => child.name.startsWith(kind) && child.pid === pid)?.name;

  /** The process number of the worker that trains, and how often it was tried. */
  async function training(): Promise<{ pid: number; attempt: number } | undefined> {
    const { raw } = await client.workflow.getHandle(`daily-${TODAY}`).describe();
    const activity = raw.pendingActivities?.find(({ activityType }) => activityType?.name === "train");
    const pid = Number(activity?.lastWorkerIdentity?.split("@")[0]);
    return activity && pid > 0 && Number(activity.state) === 2 ? { pid, attempt: activity.attempt ?? 1 } : undefined;
  }
  /** What `look` finds, once it finds something; a server that is just away is looked at again. */
  async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    let found: T | undefined;
    const seen = async (): Promise<boolean> => {
      found = await look().catch(() => undefined);
      return found !== undefined;
    };
    await expect.poll(seen, { timeout: 300_000, interval: 200, message: what }).toBe(true);
    return found as T;
  }
  const isOpen = async (runId: string): Promise<boolean> =>
    (await client.workflow.getHandle(`daily-${TODAY}`, runId).describe()).status.name === "RUNNING";
  /** Everything once more, in a run of its own. */
  const begin = async (): Promise<string> =>
    (await startRun(topology.endpoints, { ...INPUT, forceFrom: "01:collect" }, { again: true })).runId;
  /** The run's report once it is over. Asked anew each time: a long question would break with the server that is killed. */
  async function over(runId: string): Promise<RunReport> {
    await until("the run is over", async () => ((await isOpen(runId)) ? undefined : true));
    return (await reportRun(client, topology.endpoints, `daily-${TODAY}`, runId)) as RunReport;
  }
  function expectSame(report: RunReport): void {
    expect(report.error).toBeUndefined();
    expect(report.status).toBe("completed");
    expect(report.model).toEqual(embedded.model);
    expect(report.metrics["collect.events"]).toBe(embedded.metrics["collect.events"]);
  }

  it("comes to the same model as the embedded servers, and the edge serves it", async () => {
    await ask(topology.endpoints);
    const report = await startRun(topology.endpoints, INPUT, { wait: true });
    expect(report.error).toBeUndefined();
    expect(report.status).toBe("completed");
    const made = ({ stages }: RunReport) => stages.map(({ name, output }) => [name, output?.sha256]);
    const digestOf = (run: RunReport, stage: string) => made(run).find(([name]) => name === stage)?.[1];
    expect(digestOf(report, "02:preprocess")).toBe(digestOf(embedded, "02:preprocess"));
    expect(report.model).toEqual(embedded.model);
    expect(report.metrics["distribute.released"]).toBe(true);
    const health = (await (await fetch(`${topology.endpoints.edge.url}/api/health`)).json()) as { model: string };
    expect(health.model).toBe(embedded.model?.sha256);
  });

  it("lets nobody speak to Temporal without a certificate of its own", async () => {
    const { address, namespace, tls } = topology.endpoints.temporal;
    const { caFile, serverName } = tls ?? {};
    await expect(connectClient({ temporal: { address, namespace } })).rejects.toThrow(NotReachableError);
    const nobody = { caFile: caFile as string, serverName: serverName as string };
    await expect(connectClient({ temporal: { address, namespace, tls: nobody } })).rejects.toThrow(NotReachableError);
  });

  it("is watched: Prometheus has the rules, asks everybody, and knows Alertmanager", async () => {
    const Targets = z.object({
      data: z.object({ activeTargets: z.array(z.object({ scrapePool: z.string(), health: z.string() })) }),
    });
    const asked = async (path: string): Promise<unknown> => (await fetch(`${topology.prometheus}${path}`)).json();
    const healthOf = async (pool: string) =>
      Targets.parse(await asked("/api/v1/targets")).data.activeTargets.find(({ scrapePool }) => scrapePool === pool)
        ?.health;
    await expect.poll(() => healthOf("temporal"), { timeout: 40_000 }).toBe("up");
    await expect.poll(() => healthOf("prometheus"), { timeout: 40_000 }).toBe("up");
    const rules = z
      .object({ data: z.object({ groups: z.array(z.object({ rules: z.array(z.unknown()) })) }) })
      .parse(await asked("/api/v1/rules"));
    expect(rules.data.groups.flatMap((group) => group.rules)).toHaveLength(ALERT_RULES.length);
    const known = z
      .object({ data: z.object({ activeAlertmanagers: z.array(z.object({ url: z.url() })) }) })
      .parse(await asked("/api/v1/alertmanagers"));
    expect(known.data.activeAlertmanagers.map(({ url }) => new URL(url).origin)).toEqual([topology.alertmanager]);
  });

  it("survives losing any of several workers: the other one goes on, to the same model", async () => {
    const run = await begin();
    const first = await until("training began", training);
    const name = workerOf("compute", first.pid) as string;
    expect(name).toMatch(/^compute-/);
    const other = pidOf(name === "compute-1" ? "compute-2" : "compute-1");
    process.kill(pidOf("pipeline-1"), "SIGKILL");
    // Stopped, not killed: nobody starts it again, so that whoever goes on is the other one.
    process.kill(first.pid, "SIGSTOP");
    try {
      const next = await until("the other one trains", async () => {
        const now = await training();
        return now && now.attempt > first.attempt ? now : undefined;
      });
      expect(next.pid).toBe(other);
      expectSame(await over(run));
    } finally {
      process.kill(first.pid, "SIGKILL");
    }
  });

  it("survives a kill of every part while a run goes on, to the same model", async () => {
    let run = await begin();
    const seconds: Record<string, number> = {};
    for (const name of PARTS) {
      // Where the run has outlived the parts before, the next one is disturbed.
      if (!(await until("Temporal answers", () => isOpen(run)))) {
        expectSame(await over(run));
        run = await begin();
      }
      const killed = pidOf(name);
      const at = performance.now();
      process.kill(killed, "SIGKILL");
      await until(`${name} is back`, async () =>
        topology.children().some((child) => child.name === name && child.pid !== killed) &&
        (await topology.answers(name))
          ? true
          : undefined,
      );
      seconds[name] = (performance.now() - at) / 1000;
    }
    expectSame(await over(run));
    console.log(
      `Back after a kill: ${Object.entries(seconds)
        .map(([name, took]) => `${name} ${took.toFixed(1)} s`)
        .join(", ")}.`,
    );
  });
});
