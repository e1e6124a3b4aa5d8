import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestWorkflowEnvironment } from "@temporalio/testing";
import { Worker } from "@temporalio/worker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deadMan } from "#activities/dead-man.ts";
import { deliver, giveUpMessage, keepMessages } from "#activities/deliver.ts";
import { emergencyRetrain, retrainStarter } from "#activities/emergency-retrain.ts";
import type { WatchErrands } from "#activities/index.ts";
import { keepIncident } from "#activities/keep-incident.ts";
import { callingSettings, keepWatch } from "#activities/keep-watch.ts";
import type { Samples } from "#contracts/alert.ts";
import { Config } from "#contracts/config.ts";
import { Notification } from "#contracts/notification.ts";
import { ALERT_RULES } from "#policy/alerts/rules.ts";
import { readAudit } from "#stores/audit-log.ts";
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
/** How far the workers' clock is ahead, ms. */
let later = 0;
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
  const now = () => Date.now() + later;
  const edge = { health: async () => ({}) } as unknown as EdgeClient;
  const activities: WatchErrands = {
    measure: async () => samples,
    keepWatch: keepWatch({ config, registry, edge, now }),
    autoRollback: async ({ rule }) => {
      rolledBack.push(rule);
      return `rolled back for ${rule}`;
    },
    emergencyRetrain: emergencyRetrain(
      { config, registry, now },
      retrainStarter(() => environment.client),
    ),
    keepMessages: keepMessages({ registry }),
    deliver: deliver({ config, registry, now }, { HAQEI_WEBHOOK_URL: `${receiver.url}/hook` }),
    giveUpMessage: giveUpMessage({ registry, now }),
    keepIncident: keepIncident({ registry }),
    publishOperations: async () => true,
    deadMan: deadMan({ config: { ...config, watch: { ...config.watch, deadManUrl: `${receiver.url}/alive` } } }),
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
    return handle;
  };
  const savedLook = async (name: string) => {
    const handle = await look(name);
    await saveHistory(environment.client, handle.workflowId, handle.firstExecutionRunId, `watch-${name}`);
  };

  it("finds an alert, acts, tells, opens an incident, and closes it once it is seen to be over", async () => {
    receiver.received.length = 0;
    const measured = (rate: number): Samples =>
      Object.fromEntries(
        ["error_rate", "error_rate_1h", "error_rate_5m"].map((name) => [name, { value: rate, n: 1000 }]),
      );
    samples = { ...measured(0.5), errors_1h: { value: 500, n: 1000 } };
    await savedLook("firing");
    // `error_rate` waits its five minutes; the budget's burn does not.
    expect(rolledBack).toEqual([]);
    expect((await readIncidents(registry))[0]).toMatchObject({ cause: "error_budget_burn_1h", level: 3 });
    await expect
      .poll(() => bodies().map(({ status, title }) => [status, title]))
      .toEqual([["firing", "error_budget_burn_1h"]]);
    samples = { ...measured(0.001), errors_1h: { value: 1, n: 1000 } };
    await savedLook("over");
    await expect
      .poll(async () => (await readIncidents(registry)).find(({ cause }) => cause === "error_budget_burn_1h")?.closed)
      .toMatchObject({ proof: { metric: "error_rate_1h", value: 0.001 } });
  });

  it("tells the check outside while all is well, and is silent where something was not measured", async () => {
    const calls = () => receiver.received.filter(({ method, path }) => method === "GET" && path === "/alive").length;
    const metrics = ALERT_RULES.flatMap((rule) => [rule, ...rule.also]).map(({ metric }) => metric);
    samples = Object.fromEntries(metrics.map((name) => [name, { value: 0, n: 0 }]));
    await look("well");
    expect(calls()).toBe(1);
    const { error_rate: _missing, ...rest } = samples;
    samples = rest;
    await look("unknown");
    expect(calls()).toBe(1);
  });

  it("starts one emergency retrain a cause, writes it down, and none while the last has only just begun", async () => {
    const judged = (value: number): Samples => ({
      prediction_error_rate_lower: { value, n: 300 },
      accuracy_drop_lower: { value: value > 0.1 ? 0.2 : -0.2, n: 300 },
    });
    const run = async () => {
      const [{ detail } = { detail: {} }] = await started();
      const { runId, taskQueue, type } = await environment.client.workflow
        .getHandle(String((detail as Record<string, unknown>)["run"]))
        .describe();
      expect([type, taskQueue]).toEqual(["emergencyRetrain", "urgent"]);
      return runId;
    };
    const started = async () =>
      (await readAudit(registry, 10)).entries.filter(({ action }) => action === "run emergency");
    const timeline = async () =>
      (await readIncidents(registry))
        .filter(({ cause }) => cause === "prediction_error_rate")
        .map(({ timeline }) => timeline.map(({ what }) => what).join("\n"));
    const over = async (name: string) => {
      samples = judged(0.02);
      await look(name);
      // It goes on firing for half an hour.
      later += 31 * MINUTE;
      await look(`${name}-and-later`);
      await expect
        .poll(
          async () => (await readIncidents(registry)).find(({ cause }) => cause === "prediction_error_rate")?.closed,
        )
        .toMatchObject({ proof: { metric: "prediction_error_rate_lower", value: 0.02 } });
    };
    // Wrong as often as it was blessed to be is no emergency.
    samples = { ...judged(0.4), accuracy_drop_lower: { value: -0.01, n: 300 } };
    await look("as-blessed");
    expect(await started()).toEqual([]);

    samples = judged(0.4);
    await savedLook("emergency");
    await look("still");
    expect(await started()).toMatchObject([{ detail: { rule: "prediction_error_rate", value: 0.4 }, status: 0 }]);
    await expect
      .poll(timeline)
      .toMatchObject([expect.stringMatching(/the emergency retrain emergency-\S+ was started/)]);
    const first = await run();
    await over("over-once");
    samples = judged(0.3);
    await look("again");
    await expect.poll(async () => (await timeline())[0]).toContain("one was less than 12h ago");
    await over("over-twice");
    expect(await run()).toBe(first);
    const [{ detail } = { detail: {} as Record<string, unknown> }] = await started();
    await environment.client.workflow.getHandle(String(detail["run"])).terminate();
    later += 12 * 60 * MINUTE;
    samples = judged(0.3);
    await look("later");
    expect(await started()).toHaveLength(2);
  });
});
