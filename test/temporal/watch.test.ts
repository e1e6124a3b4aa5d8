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
import type { Samples } from "#contracts/alert.ts";
import { Config } from "#contracts/config.ts";
import { Notification } from "#contracts/notification.ts";
import type { EdgeClient } from "#stores/edge.ts";
import { readIncidents } from "#stores/incidents.ts";
import { keepMessages as keep, readMessages } from "#stores/messages.ts";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import type { notify } from "#workflows/notify.ts";
import type { watch } from "#workflows/watch.ts";
import { type Receiver, startReceiver } from "../../notify/test-support/receiver.ts";
import { saveHistory } from "../support/histories.ts";
import { timeSkipping } from "../support/time-skipping.ts";

/** Watching in its own hours, on a server whose clock jumps over waits; registry, rules and channels are real, the edge is made up. */

const MINUTE = 60_000;
const QUEUE = "watching";
let environment: TestWorkflowEnvironment;
let worker: Worker;
let working: Promise<void>;
let folder: string;
let registry: Registry;
let receiver: Receiver;
let samples: Samples = {};
const rolledBack: string[] = [];
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
    measure: async () => samples,
    keepWatch: keepWatch({ config, registry, edge, now }),
    autoRollback: async ({ rule }) => {
      rolledBack.push(rule);
      return `rolled back for ${rule}`;
    },
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
describe("a message", () => {
  it("outlives a receiver that is down for an hour, and is delivered once, before the next about the same", async () => {
    receiver.received.length = 0;
    receiver.answer(() => ({ status: 503 }));
    const message = (id: string, at: number) =>
      Notification.parse({ id, key: "alerts-critical", level: "critical", status: "firing", title: id, at });
    const messages = [message("first", 1), message("second", 2)];
    await keep(
      registry,
      messages.map((notification) => ({ notification, channels: ["pager"] })),
    );
    const handles = await Promise.all(
      messages.map((notification) =>
        environment.client.workflow.start<typeof notify>("notify", {
          taskQueue: QUEUE,
          workflowId: `notify-${notification.id}-pager`,
          args: [{ notification, channel: "pager", retry: settings.retry }],
        }),
      ),
    );
    // Short sleeps: in a long one the server's clock stands still while an attempt is under way.
    for (let minute = 0; minute < 60; minute += 1) await environment.sleep(MINUTE);
    const refused = receiver.received.length;
    expect(refused).toBeGreaterThan(3);
    expect(bodies().every(({ id }) => id === "first")).toBe(true);
    receiver.answer(() => ({ status: 200, body: {} }));
    // One after the other: two that wait at once let the clock run on while an attempt is under way.
    for (const handle of handles) expect(await handle.result()).toBe("delivered");
    expect(
      bodies()
        .slice(refused)
        .map(({ id }) => id),
    ).toEqual(["first", "second"]);
    await saveHistory(environment.client, "notify-first-pager", handles[0]?.firstExecutionRunId, "notify-delivered");
  });

  it("that is refused for good is kept as such", async () => {
    receiver.answer(() => ({ status: 400 }));
    const notification = Notification.parse({
      id: "bad",
      key: "k",
      level: "info",
      status: "firing",
      title: "t",
      at: 3,
    });
    await keep(registry, [{ notification, channels: ["pager"] }]);
    const state = await environment.client.workflow.execute<typeof notify>("notify", {
      taskQueue: QUEUE,
      workflowId: "notify-bad-pager",
      args: [{ notification, channel: "pager", retry: settings.retry }],
    });
    expect(state).toBe("refused");
    const kept = (await readMessages(registry)).find(({ notification: { id } }) => id === "bad");
    expect(kept?.deliveries["pager"]).toMatchObject({ state: "refused", detail: expect.stringContaining("400") });
    receiver.answer(() => ({ status: 200, body: {} }));
  });
});

describe("a look", () => {
  const look = async (name: string) => {
    const handle = await environment.client.workflow.start<typeof watch>("watch", {
      taskQueue: QUEUE,
      workflowId: `watch-${name}`,
      args: [],
    });
    expect(await handle.result()).toEqual({ looks: 1 });
    await saveHistory(environment.client, handle.workflowId, handle.firstExecutionRunId, `watch-${name}`);
  };

  it("finds an alert, acts, tells, opens an incident, and closes it once it is seen to be over", async () => {
    receiver.received.length = 0;
    const measured = (rate: number): Samples =>
      Object.fromEntries(
        ["error_rate", "error_rate_1h", "error_rate_5m"].map((name) => [name, { value: rate, n: 1000 }]),
      );
    samples = { ...measured(0.5), errors_1h: { value: 500, n: 1000 } };
    await look("firing");
    // `error_rate` waits its five minutes; the budget's burn does not.
    expect(rolledBack).toEqual([]);
    expect((await readIncidents(registry))[0]).toMatchObject({ cause: "error_budget_burn_1h", level: 3 });
    await expect
      .poll(() => bodies().map(({ status, title }) => [status, title]))
      .toEqual([["firing", "error_budget_burn_1h"]]);
    samples = { ...measured(0.001), errors_1h: { value: 1, n: 1000 } };
    await look("over");
    await expect
      .poll(async () => (await readIncidents(registry)).find(({ cause }) => cause === "error_budget_burn_1h")?.closed)
      .toMatchObject({ proof: { metric: "error_rate_1h", value: 0.001 } });
  });
});
