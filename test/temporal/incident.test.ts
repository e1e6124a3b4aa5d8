import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestWorkflowEnvironment } from "@temporalio/testing";
import { Worker } from "@temporalio/worker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliver, giveUpMessage, keepMessages } from "#activities/deliver.ts";
import type { WatchErrands } from "#activities/index.ts";
import { keepIncident } from "#activities/keep-incident.ts";
import { callingSettings, keepWatch } from "#activities/keep-watch.ts";
import { Config } from "#contracts/config.ts";
import type { Incident } from "#contracts/incident.ts";
import type { Notification } from "#contracts/notification.ts";
import type { EdgeClient } from "#stores/edge.ts";
import { readIncidents } from "#stores/incidents.ts";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import type { incident } from "#workflows/incident.ts";
import { incidentQuery, incidentUpdates, recoveredSignal } from "#workflows/messages.ts";
import { type Receiver, startReceiver } from "../../notify/test-support/receiver.ts";
import { saveHistory } from "../support/histories.ts";
import { timeSkipping } from "../support/time-skipping.ts";

/** Incidents in their own hours, on a server whose clock jumps over waits; registry, rules and channels are real, the edge is made up. */

const MINUTE = 60_000;
const QUEUE = "watching";
let environment: TestWorkflowEnvironment;
let worker: Worker;
let working: Promise<void>;
let folder: string;
let registry: Registry;
let receiver: Receiver;
const config = Config.parse({
  notify: {
    channels: [{ kind: "webhook", name: "pager" }],
    routes: { page_oncall: ["pager"], send_slack: ["pager"] },
  },
});
const settings = callingSettings(config);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "haqei-watch-"));
  registry = sqliteRegistry(join(folder, "registry.db"));
  receiver = await startReceiver();
  const skipping = await timeSkipping();
  environment = skipping.environment;
  const now = Date.now;
  const edge = { health: async () => ({}) } as unknown as EdgeClient;
  const activities: WatchErrands = {
    measure: async () => ({}),
    keepWatch: keepWatch({ config, registry, edge, now }),
    autoRollback: async () => "nothing",
    emergencyRetrain: async () => "nothing",
    keepMessages: keepMessages({ registry }),
    deliver: deliver({ config, registry, now }, { HAQEI_WEBHOOK_URL: `${receiver.url}/hook` }),
    giveUpMessage: giveUpMessage({ registry, now }),
    keepIncident: keepIncident({ registry }),
    publishOperations: async () => true,
    deadMan: async () => false,
  };
  worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue: QUEUE,
    ...skipping.workerOptions,
    activities,
  });
  working = worker.run();
});
afterAll(async () => {
  worker?.shutdown();
  await working;
  await environment?.teardown();
  await receiver?.close();
  registry?.close();
  rmSync(folder, { recursive: true, force: true });
});

const bodies = () => receiver.received.map(({ body }) => body as Notification);
const open = (cause: string, level: Incident["level"]): Incident => ({
  id: `${cause}-1`,
  level,
  cause,
  opened: Date.now(),
  timeline: [{ at: Date.now(), what: "it was seen" }],
});
const begin = (one: Incident) =>
  environment.client.workflow.start<typeof incident>("incident", {
    taskQueue: QUEUE,
    workflowId: `incident-${one.cause}`,
    args: [{ incident: one, settings }],
  });

describe("an incident", () => {
  it("calls again while nobody answers, ever later, and no more once somebody has", async () => {
    receiver.received.length = 0;
    const handle = await begin(open("release-frozen", 3));
    await environment.sleep(14 * MINUTE);
    expect((await handle.query(incidentQuery)).escalated).toBeUndefined();
    await environment.sleep(2 * MINUTE);
    expect((await handle.query(incidentQuery)).escalated).toBe(1);
    await environment.sleep(31 * MINUTE);
    expect((await handle.query(incidentQuery)).escalated).toBe(2);
    const told = await handle.executeUpdate(incidentUpdates.ack, { args: [{ person: "mika", reason: "looking" }] });
    expect(told.acknowledged).toMatchObject({ person: "mika" });
    expect((await readIncidents(registry))[0]).toMatchObject({ acknowledged: { person: "mika" }, escalated: 2 });
    await environment.sleep(24 * 60 * MINUTE);
    expect((await handle.query(incidentQuery)).escalated).toBe(2);
    await handle.executeUpdate(incidentUpdates.close, { args: [{ person: "mika", reason: "mended" }] });
    const closed = await handle.result();
    expect(closed.closed).toMatchObject({ person: "mika", reason: "mended" });
    await expect
      .poll(() => bodies().map(({ id }) => id.replace(/.*-1-/, "")))
      .toEqual(["opened", "escalated-1", "escalated-2", "closed"]);
    await saveHistory(environment.client, handle.workflowId, handle.firstExecutionRunId, "incident-escalated");
  });

  it("refuses a person without a reason", async () => {
    const handle = await begin({ ...open("release-undecided", 2), byAlert: true });
    await expect(
      handle.executeUpdate(incidentUpdates.close, { args: [{ person: "mika", reason: " " }] }),
    ).rejects.toThrow();
    await handle.signal(recoveredSignal, { at: Date.now(), metric: "error_rate", value: 0.001, n: 500 });
    expect((await handle.result()).closed).toMatchObject({ proof: { metric: "error_rate", n: 500 } });
  });
});
