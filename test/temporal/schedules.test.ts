import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "@temporalio/client";
import { TestWorkflowEnvironment } from "@temporalio/testing";
import { Worker } from "@temporalio/worker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Config } from "#contracts/config.ts";
import { DEV_SERVER, findBinary } from "#local/temporal-binary.ts";
import { cycleOf } from "#policy/cycles.ts";
import { datesBetween } from "#policy/logical-date.ts";
import { setHistoryDays } from "#workers/history-retention.ts";
import { applySchedule, type Declared, declaredSchedules, listSchedules, setPaused } from "#workers/schedules.ts";
import { workflowBundle } from "#workers/workflow-bundle.ts";
import type { Launch } from "#workflows/launch.ts";
import { quietWorkers } from "../support/quiet.ts";

/** The declared schedules on the real server: what fires when, and that nothing fires twice. Launchers say what they would start. */

const config = Config.parse({});
const CYCLES = ["daily", "weekly", "monthly"];
let environment: TestWorkflowEnvironment;
let client: Client;
beforeAll(async () => {
  quietWorkers();
  const path = await findBinary(DEV_SERVER);
  environment = await TestWorkflowEnvironment.createLocal({ server: { executable: { type: "existing-path", path } } });
  client = environment.client;
});
afterAll(async () => {
  await environment?.teardown();
});

/** The declaration with a launcher that only says what it would start. */
function planned(declared: Declared): Declared {
  const [launch] = declared.action.args as [Launch];
  return { ...declared, action: { ...declared.action, args: [{ ...launch, plan: true }] } };
}

describe("schedules", () => {
  it("are made once, show where they have drifted, and are brought back; what is paused stays paused", async () => {
    const apply = () => Promise.all(declaredSchedules(config).map((one) => applySchedule(client, one)));
    expect((await listSchedules(client, config)).map(({ drift }) => drift)).toEqual(Array(6).fill(["missing"]));
    expect(await apply()).toEqual(Array(6).fill("created"));
    expect(await apply()).toEqual(Array(6).fill("unchanged"));

    await setPaused(client, config, "weekly", { paused: true, note: "not this week" });
    await client.schedule.getHandle("weekly").update((before) => ({
      ...before,
      policies: { ...before.policies, catchupWindow: "1m" },
      spec: { ...before.spec, skip: [] },
    }));
    const [, weekly] = await listSchedules(client, config);
    expect(weekly).toMatchObject({ name: "weekly", paused: true });
    expect(weekly?.drift).toEqual(["skip differ", "catchupWindow is 60000, not 518400000"]);
    expect(await apply()).toEqual(["unchanged", "updated", "unchanged", "unchanged", "unchanged", "unchanged"]);
    expect(
      (await listSchedules(client, config)).map(({ name, paused, drift }) => [name, paused, drift.length]),
    ).toEqual([
      ["daily", false, 0],
      ["weekly", true, 0],
      ["monthly", false, 0],
      ["retention", false, 0],
      ["watch", true, 0],
      ["report", false, 0],
    ]);
    await setPaused(client, config, undefined, { paused: false, note: "go on" });
    expect((await listSchedules(client, config)).some(({ paused }) => paused)).toBe(false);
    await expect(setPaused(client, config, "yearly", { paused: true, note: "" })).rejects.toThrow("no schedule yearly");
  });
});

it("histories of runs that are over are kept as long as the config says", async () => {
  await setHistoryDays(client, config.retention.historyDays);
  const { config: namespace } = await client.workflowService.describeNamespace({ namespace: "default" });
  expect(Number(namespace?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 86_400);
});

describe("failure 7, backfill storms", () => {
  it("cannot come: five weeks and fifteen month ends backfilled start each run once and none twice", async () => {
    const worker = await Worker.create({
      connection: environment.nativeConnection,
      namespace: "default",
      taskQueue: "pipeline",
      workflowBundle: { codePath: await workflowBundle(await mkdtemp(join(tmpdir(), "haqei-bundle-"))) },
      sinks: { trace: { ended: { fn: () => undefined } } },
    });
    await worker.runUntil(async () => {
      // A leap day among them. 02:00 in Tokyo is 17:00 UTC of the logical date itself.
      const weeks = ["2028-02-01", "2028-03-06"] as const;
      const spans = { daily: weeks, weekly: weeks, monthly: ["2027-02-01", "2028-04-30"] as const };
      const wanted: string[] = [];
      for (const declared of declaredSchedules(config).filter(({ scheduleId }) => CYCLES.includes(scheduleId))) {
        const { scheduleId } = declared;
        await applySchedule(client, planned(declared));
        const [from, to] = spans[scheduleId as keyof typeof spans];
        wanted.push(
          ...datesBetween(from, to).flatMap((date) => (cycleOf(date) === scheduleId ? [`${scheduleId}-${date}`] : [])),
        );
        await client.schedule.getHandle(scheduleId).backfill({
          start: new Date(`${from}T00:00:00Z`),
          end: new Date(`${to}T23:59:59Z`),
          overlap: "ALLOW_ALL",
        });
      }
      const done = 'WorkflowType = "launch" AND ExecutionStatus = "Completed"';
      await expect
        .poll(async () => (await client.workflow.count(done)).count, { timeout: 60_000, interval: 250 })
        .toBe(wanted.length);
      const started: string[] = [];
      for await (const { workflowId, runId } of client.workflow.list({ query: done })) {
        const said = (await client.workflow.getHandle(workflowId, runId).result()) as { workflowId: string };
        started.push(said.workflowId);
      }
      expect(started.sort()).toEqual(wanted.sort());
      expect(wanted.filter((id) => id.startsWith("monthly"))).toHaveLength(15);
      expect(wanted).toContain("monthly-2028-02-28");
    });
  });
});
