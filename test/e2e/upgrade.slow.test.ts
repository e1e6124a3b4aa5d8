import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROLLOUT_ID } from "#contracts/rollout.ts";
import type { RunInput, RunReport } from "#contracts/run.ts";
import { runDemonstration } from "#local/demonstration.ts";
import { DEV_SERVER, findBinary } from "#local/temporal-binary.ts";
import { addDays, logicalDateOf } from "#policy/logical-date.ts";
import { startRun } from "#workers/client.ts";
import { readRollout } from "#workers/rollout.ts";
import { type System, startSystem } from "../support/system.ts";

/** Workers are upgraded, and the upgrade is taken back, while a run and a rollout are under way: as OPERATIONS.md tells it, by its script. */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TODAY = logicalDateOf(Date.now(), "Asia/Tokyo");
const DEPLOYMENT = "haqei";
const KINDS = ["pipeline", "compute", "urgent"] as const;

let folder = "";
let config = "";
let system: System;
const next: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "haqei-upgrade-"));
  config = join(folder, "haqei.config.ts");
  const settings = {
    dataset: join(ROOT, "local/example/data"),
    preprocess: { minimumExamples: 50 },
    training: { epochs: 5, maxFeatures: 5000 },
    deploy: { accuracy_drop: 0.99 },
    compression: { shipBytes: 100_000_000, accuracy_impact: 0.5 },
    // It stays at its first stage until the test is over.
    release: {
      stages: [
        { percentage: 25, duration: "4h" },
        { percentage: 100, duration: "permanent" },
      ],
    },
  };
  await writeFile(config, `export default ${JSON.stringify(settings)};\n`);
  system = await startSystem({ dataset: settings.dataset, config, environment: versionOf("v1") });
  await makeCurrent("v1");
});
afterAll(async () => {
  await killNext();
  await system?.end();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const versionOf = (build: string) => ({ TEMPORAL_DEPLOYMENT_NAME: DEPLOYMENT, TEMPORAL_WORKER_BUILD_ID: build });

/** A call of Temporal's command line, or of a script that makes some. */
async function operate(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  const { address, namespace } = system.servers.endpoints.temporal;
  await promisify(execFile)(command, [...args], {
    env: {
      HOME: folder,
      PATH: [dirname(await findBinary(DEV_SERVER)), process.env.PATH].join(delimiter),
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      ...env,
    },
  });
}
const makeCurrent = (build: string): Promise<void> =>
  operate("/bin/sh", [join(ROOT, "temporal-docker/temporal/version.sh")], versionOf(build));

async function killNext(): Promise<void> {
  await Promise.all(
    next.splice(0).map(async (child) => {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }),
  );
}

/** Workers of another build beside those that run, in the same home. */
async function startWorkersOf(build: string): Promise<void> {
  for (const kind of KINDS) {
    const child = spawn(process.execPath, [join(ROOT, `workers/${kind}.ts`)], {
      env: {
        ...process.env,
        HAQEI_HOME: system.home.directory,
        HAQEI_CONFIG: config,
        HAQEI_ADMIN_SECRET_FILE: system.home.adminSecretFile,
        ...versionOf(build),
      },
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    next.push(child);
    await once(child, "message");
  }
}

/** Which build has an execution now; of a run that is over, which had it last. */
async function buildOf(workflowId: string, runId?: string): Promise<string | null | undefined> {
  const { raw } = await system.client.workflow.getHandle(workflowId, runId).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
}
const runOf = (more: Partial<RunInput>, again = false): Promise<RunReport> =>
  startRun(
    system.servers.endpoints,
    { kind: "daily", date: TODAY, seed: 1, release: false, ...more },
    { wait: true, again },
  );

/** Activities that a run waits for. */
async function waitsFor(workflowId: string): Promise<string[]> {
  const { raw } = await system.client.workflow.getHandle(workflowId).describe();
  return raw.pendingActivities?.map(({ activityType }) => activityType?.name ?? "") ?? [];
}

it("keeps a run with the build that began it, gives new runs to the current one, and takes a rollout along", async () => {
  const { edge } = system.servers.endpoints;
  const { examples, classes } = system.authored;
  const queries = examples.filter(({ split }) => split === "live");
  await runDemonstration({ edgeUrl: edge.url, queries, classes, n: 40, seed: 1, date: TODAY });
  // A first model is served at once; the second is rolled out, in shadow first.
  expect((await runOf({ release: true })).status).toBe("completed");
  expect((await runOf({ release: true, seed: 2 }, true)).status).toBe("completed");
  await expect.poll(async () => (await readRollout(system.client))?.stage?.share).toBe(0);
  expect(await buildOf(ROLLOUT_ID)).toBe("v1");

  // A run in the middle: its training waits for a worker.
  process.kill(system.pidOf("compute"), "SIGSTOP");
  const inFlight = runOf({ seed: 3 }, true);
  const workflowId = `daily-${TODAY}`;
  await expect.poll(() => waitsFor(workflowId), { timeout: 60_000 }).toContain("train");

  await startWorkersOf("v2");
  await makeCurrent("v2");
  const upgraded = await runOf({ date: addDays(TODAY, -1) });
  expect([upgraded.status, upgraded.error]).toEqual(["completed", undefined]);
  expect(await buildOf(upgraded.workflowId)).toBe("v2");
  // The rollout looks at its evidence on a timer, and answers questions meanwhile.
  expect((await readRollout(system.client))?.stage?.share).toBe(0);
  await system.client.workflow
    .getHandle(ROLLOUT_ID)
    .executeUpdate("pause", { args: [{ person: "test", reason: "upgrade" }] });
  expect(await buildOf(ROLLOUT_ID)).toBe("v2");

  // No worker of v2 has taken what is v1's.
  expect(await waitsFor(workflowId)).toContain("train");
  process.kill(system.pidOf("compute"), "SIGCONT");
  const done = await inFlight;
  expect([done.status, done.error]).toEqual(["completed", undefined]);
  expect(await buildOf(workflowId)).toBe("v1");

  // The upgrade is taken back.
  await makeCurrent("v1");
  const back = await runOf({ date: addDays(TODAY, -2) });
  expect([back.status, back.error]).toEqual(["completed", undefined]);
  expect(await buildOf(back.workflowId)).toBe("v1");
});

it("hands a run whose build is gone to the current one, by an operator's word", async () => {
  await makeCurrent("v2");
  next[KINDS.indexOf("compute")]?.kill("SIGSTOP");
  const date = addDays(TODAY, -3);
  const left = runOf({ date, seed: 4 });
  const workflowId = `daily-${date}`;
  await expect.poll(() => waitsFor(workflowId).catch(() => []), { timeout: 60_000 }).toContain("train");
  expect(await buildOf(workflowId)).toBe("v2");
  await makeCurrent("v1");
  await killNext();
  const behaviour = ["--versioning-override-behavior", "auto_upgrade"];
  await operate("temporal", ["workflow", "update-options", "--workflow-id", workflowId, ...behaviour]);
  const done = await left;
  expect([done.status, done.error]).toEqual(["completed", undefined]);
  expect(await buildOf(workflowId)).toBe("v1");
});
