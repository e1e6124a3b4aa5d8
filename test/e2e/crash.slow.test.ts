import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunOutcome, RunReport } from "#contracts/run.ts";
import { runDemonstration } from "#local/demonstration.ts";
import { logicalDateOf } from "#policy/logical-date.ts";
import { startRun } from "#workers/client.ts";
import { progressQuery } from "#workflows/messages.ts";
import { type System, startSystem } from "../support/system.ts";

/**
 * Every process is killed without warning in the middle of training and in the middle of a release. What is promised: the run
 * completes, training goes on from its checkpoint, every event is counted once, the edge serves the model.
 */

const DATASET = fileURLToPath(new URL("../../datasets", import.meta.url));
const TODAY = logicalDateOf(Date.now(), "Asia/Tokyo");

let folder: string;
let system: System;
let accepted = 0;
let seed = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "haqei-crash-"));
  // Long enough to be killed in the middle; and each candidate is released, to all at once, so that there is a release to be killed in.
  const config = join(folder, "haqei.config.ts");
  await writeFile(
    config,
    `export default ${JSON.stringify({ dataset: DATASET, training: { epochs: 40, max_dimension: 24, maxFeatures: 4000 }, deploy: { accuracy_drop: 0.99 }, compression: { shipBytes: 100_000_000, accuracy_impact: 0.5 }, release: { stages: [{ percentage: 100, duration: "permanent" }] } })};\n`,
  );
  system = await startSystem({ dataset: DATASET, config });
});
afterAll(async () => {
  await system?.end();
  await rm(folder, { recursive: true, force: true });
});

/** New users ask and answer back: each case has events that no run has seen. */
async function ask(): Promise<void> {
  seed += 1;
  const live = system.authored.examples.filter(({ split }) => split === "live");
  const events = await runDemonstration({
    edgeUrl: system.servers.endpoints.edge.url,
    queries: live,
    classes: system.authored.classes,
    n: 60,
    seed,
    date: TODAY,
  });
  accepted += events.accepted;
}

const run = () =>
  startRun(system.servers.endpoints, { kind: "daily", date: TODAY, seed, release: true }, { wait: true, again: true });

const progress = (): Promise<RunOutcome | undefined> =>
  system.client.workflow
    .getHandle(`daily-${TODAY}`)
    .query(progressQuery)
    .then(
      (outcome) => outcome as RunOutcome,
      () => undefined,
    );

/** Waits for a moment of a run; a run that ends before has failed it. */
async function until(
  running: Promise<RunReport>,
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const early = running.then(({ status, error }) =>
    Promise.reject(new Error(`the run ended (${status}) before ${what}: ${error}`)),
  );
  await Promise.race([early, expect.poll(condition, { timeout: 180_000, interval: 100, message: what }).toBe(true)]);
}

const stageIs = async (name: string, status: string): Promise<boolean> =>
  (await progress())?.stages.find((stage) => stage.name === name)?.status === status;
const hasCheckpoint = (): boolean => {
  const checkpoints = join(system.home.directory, "checkpoints");
  return existsSync(checkpoints) && readdirSync(checkpoints).some((name) => !name.endsWith(".part"));
};

async function expectHealthy(report: RunReport): Promise<void> {
  expect(report.error).toBeUndefined();
  expect(report.status).toBe("completed");
  expect(report.metrics["collect.events"]).toBe(accepted);
  expect(report.metrics["distribute.model"]).toBe(report.model?.sha256);
  // The very first is served when its run is over, any later one when its rollout is.
  const served = async () =>
    ((await (await fetch(`${system.servers.endpoints.edge.url}/api/health`)).json()) as { model: string }).model;
  await expect.poll(served, { timeout: 60_000 }).toBe(report.model?.sha256);
}

describe("kill -9 in the middle of training", () => {
  it.each(["compute", "pipeline", "temporal"])("of %s", async (name) => {
    await ask();
    const running = run();
    await until(
      running,
      "training has left a checkpoint",
      async () => (await stageIs("03:train", "running")) && hasCheckpoint(),
    );
    const killed = system.pidOf(name);
    process.kill(killed, "SIGKILL");
    const report = await running;
    expect(system.pidOf(name)).not.toBe(killed);
    await expectHealthy(report);
    if (name === "compute") {
      expect(report.metrics["train.resumed_epochs"]).toBeGreaterThan(0);
      expect(report.stages.find((stage) => stage.name === "03:train")?.attempt).toBe(2);
      // The broken-off training came to the very model that an unbroken one comes to.
      const unbroken = await startRun(
        system.servers.endpoints,
        { kind: "daily", date: TODAY, seed, release: true, forceFrom: "train" },
        { wait: true, again: true },
      );
      expect(unbroken.metrics["train.resumed_epochs"]).toBe(0);
      expect(unbroken.model?.sha256).toBe(report.model?.sha256);
    }
  });
});

describe("kill -9 in the middle of a release", () => {
  it.each(["pipeline", "temporal", "compute", "edge"])("of %s", async (name) => {
    await ask();
    const running = run();
    await until(
      running,
      "the model is compressed",
      async () => (await stageIs("05:compress", "running")) || (await stageIs("05:compress", "ran")),
    );
    // The edge holds its breath, so that the release hangs half-way for as long as it takes to kill something.
    const edge = system.pidOf("edge");
    process.kill(-edge, "SIGSTOP");
    try {
      await until(running, "the release has begun", () => stageIs("07:distribute", "running"));
      process.kill(system.pidOf(name), "SIGKILL");
    } finally {
      if (name !== "edge") process.kill(-edge, "SIGCONT");
    }
    await expectHealthy(await running);
  });
});

describe("a cancel in the middle of training", () => {
  it("ends the run within seconds, and the next run goes on from the checkpoint", async () => {
    await ask();
    const running = run();
    await until(
      running,
      "training has left a checkpoint",
      async () => (await stageIs("03:train", "running")) && hasCheckpoint(),
    );
    const asked = performance.now();
    await system.client.workflow.getHandle(`daily-${TODAY}`).cancel();
    const report = await running;
    expect(report.status).toBe("cancelled");
    expect((performance.now() - asked) / 1000).toBeLessThan(10);
    expect(report.stages.find((stage) => stage.name === "02:preprocess")?.status).toBe("ran");
    const next = await run();
    await expectHealthy(next);
    expect(next.metrics["train.resumed_epochs"]).toBeGreaterThan(0);
  });
});
