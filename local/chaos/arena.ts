import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Client } from "@temporalio/client";
import { NotReachableError } from "#contracts/errors.ts";
import type { RunInput, RunOutcome, RunReport } from "#contracts/run.ts";
import { type AuthoredData, readAuthored } from "#datasets/authored.ts";
import { logicalDateOf } from "#policy/logical-date.ts";
import { createEdgeClient, type EdgeClient } from "#stores/edge.ts";
import { connectClient, startRun } from "#workers/client.ts";
import { progressQuery } from "#workflows/messages.ts";
import type { ConfigInput } from "../config.ts";
import { bundledFallback } from "../fallback.ts";
import { adminSecret, type Home, homeIn, homeSigner, prepareHome, writeAtomically, writeEndpoints } from "../home.ts";
import { freePort } from "../ports.ts";
import type { Progress } from "../progress.ts";
import { type Servers, startServers } from "../start.ts";
import { type Link, openLink } from "./link.ts";
import { createUsers, type Users } from "./users.ts";

export type ProcessName = "pipeline" | "compute" | "temporal" | "edge";

/** A whole system in a home of its own, with everything at hand that can be done to it. */
export interface Arena {
  home: Home;
  servers(): Servers;
  client(): Client;
  edge: EdgeClient;
  users: Users;
  /** Between workers and Temporal, and between workers and edge. */
  links: { temporal: Link; edge: Link };
  /** Moves the clocks of edge and workers away from the true time, by ms. */
  shiftClocks(ms: number): Promise<void>;
  /** Asks, tells and then starts a run of today that has something new to learn. */
  learn(): Promise<{ report: Promise<RunReport> }>;
  /** The same run again, with nothing new to learn: what is kept is used. Answers how it ended. */
  again(more?: Partial<RunInput>): Promise<RunReport>;
  /** Joins today's run, whoever started it, or returns how it ended. */
  join(): Promise<RunReport>;
  /** Where today's run stands; undefined where nobody answers. */
  progress(): Promise<RunOutcome | undefined>;
  /** What of today's run is in hand or waits to be: which attempt, and whether a worker has it. */
  pending(): Promise<{ name: string; attempt: number; started: boolean }[]>;
  pidOf(name: ProcessName): number;
  /** Ends everything in order, does `between`, and starts it again in the same home. */
  restart(between?: () => void): Promise<void>;
  close(): Promise<void>;
}

/** Learns in seconds: chaos is not about accuracy. Every candidate is released, so that there is a release to disturb. */
const QUICK = {
  preprocess: { minimumExamples: 50 },
  training: { epochs: 12, max_dimension: 32, dropout: 0.3, maxFeatures: 20_000 },
  deploy: { accuracy_drop: 0.99 },
  compression: { shipBytes: 100_000_000, accuracy_impact: 0.5 },
} satisfies ConfigInput;

/** `PENDING_ACTIVITY_STATE_STARTED` of Temporal's protocol. */
const STARTED = 2;
const TIMEZONE = "Asia/Tokyo";
const SHIFTED_CLOCK = new URL("shifted-clock.ts", import.meta.url);

/**
 * Starts a system in `folder`, with the links and clocks that are disturbed later. The caller removes the folder.
 * @param release how candidates are released
 */
export async function openArena(options: {
  dataset: string;
  folder: string;
  release: ConfigInput["release"];
  /** Where what can be made again is kept between arenas. */
  cache: string;
  log: Progress;
}): Promise<Arena> {
  const { dataset, folder, release, cache, log } = options;
  const home = prepareHome(homeIn(join(folder, "home")));
  const configFile = join(folder, "haqei.config.ts");
  await mkdir(folder, { recursive: true });
  await writeFile(configFile, `export default ${JSON.stringify({ ...QUICK, dataset, release })};\n`);
  const clock = join(folder, "clock");
  const proxied = join(folder, "endpoints.json");
  const date = logicalDateOf(Date.now(), TIMEZONE);
  const authored: AuthoredData = await readAuthored(dataset);
  const fallback = bundledFallback(authored, { cache, seed: 1, log });
  fallback.catch(() => undefined);

  // The servers take the ports of what looks like an earlier start; workers are sent through the links instead.
  const [temporalPort, edgePort] = [await freePort(), await freePort()];
  const links = { temporal: await openLink(temporalPort), edge: await openLink(edgePort) };
  const endpointsBy = (temporal: number, edge: number) => ({
    temporal: { address: `127.0.0.1:${temporal}`, namespace: "haqei" },
    edge: { url: `http://127.0.0.1:${edge}` },
    adminSecretFile: home.adminSecretFile,
  });
  writeEndpoints(home, endpointsBy(temporalPort, edgePort));
  await writeFile(proxied, JSON.stringify(endpointsBy(links.temporal.port, links.edge.port)));

  const start = async (): Promise<{ servers: Servers; client: Client }> => {
    const servers = await startServers({
      home,
      configFile,
      fallback,
      log,
      environment: {
        HAQEI_ENDPOINTS: proxied,
        HAQEI_CHAOS_CLOCK: clock,
        NODE_OPTIONS: `--import ${fileURLToPath(SHIFTED_CLOCK)} --disable-warning=ExperimentalWarning`,
      },
    });
    return { servers, client: await connectClient(servers.endpoints) };
  };
  let running = await start();
  const edgeUrl = (): string => running.servers.endpoints.edge.url;
  const users = createUsers(edgeUrl, authored);
  const input: RunInput = { kind: "daily", date, seed: 0, release: true };
  let seed = 0;

  const stop = async (): Promise<void> => {
    await running.client.connection.close();
    await running.servers.stop();
  };

  const again = (more: Partial<RunInput> = {}): Promise<RunReport> =>
    startRun(running.servers.endpoints, { ...input, seed, ...more }, { wait: true, again: true });
  const joinRun = (): Promise<RunReport> => startRun(running.servers.endpoints, { ...input, seed }, { wait: true });

  return {
    home,
    servers: () => running.servers,
    client: () => running.client,
    edge: createEdgeClient({ url: edgeUrl(), adminSecret: adminSecret(home) }, homeSigner(home)),
    users,
    links,
    async shiftClocks(ms) {
      writeAtomically(clock, String(ms));
      // Processes look at the file ten times a second.
      await sleep(300);
    },
    async learn() {
      await users.insist(await users.ask(20));
      seed += 1;
      // It has begun when this answers: what is asked of today's run from now on is asked of this one.
      await startRun(running.servers.endpoints, { ...input, seed }, { again: true });
      const report = joinRun();
      // Waited for later: a failure until then is not news.
      report.catch(() => undefined);
      return { report };
    },
    again,
    join: joinRun,
    progress: () =>
      Promise.race([
        running.client.workflow
          .getHandle(`daily-${date}`)
          .query(progressQuery)
          .then(
            (outcome) => outcome as RunOutcome,
            () => undefined,
          ),
        sleep(3000, undefined, { ref: false }),
      ]),
    async pending() {
      const { raw } = await running.client.workflow.getHandle(`daily-${date}`).describe();
      return (raw.pendingActivities ?? []).map(({ activityId, attempt, state }) => ({
        name: activityId ?? "",
        attempt: attempt ?? 0,
        started: state === STARTED,
      }));
    },
    pidOf(name) {
      const child = running.servers.children().find((one) => one.name === name);
      if (!child) throw new NotReachableError(`${name} does not run just now`, "It is started again by itself.");
      return child.pid;
    },
    async restart(between = () => undefined) {
      await stop();
      between();
      running = await start();
    },
    async close() {
      await stop();
      await Promise.all([links.temporal.close(), links.edge.close()]);
    },
  };
}
