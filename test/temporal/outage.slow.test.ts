import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { defineSearchAttributeKey } from "@temporalio/common";
import { TestWorkflowEnvironment } from "@temporalio/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Config } from "#contracts/config.ts";
import { DEV_SERVER, findBinary } from "#local/temporal-binary.ts";
import { hoursOf } from "#policy/duration.ts";
import { applySchedule, declaredSchedules } from "#workers/schedules.ts";
import { quietWorkers } from "../support/quiet.ts";

/** A day of the schedule, in seconds here: what is left of it is the declared schedule, with its policies. */
const DAY = 4;
const SCHEDULED = defineSearchAttributeKey("TemporalScheduledStartTime", "DATETIME");

let folder: string;
let path: string;
beforeAll(async () => {
  quietWorkers();
  folder = await mkdtemp(join(tmpdir(), "haqei-outage-"));
  path = await findBinary(DEV_SERVER);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A server that goes on from what the one before kept. */
const startServer = () =>
  TestWorkflowEnvironment.createLocal({
    server: { executable: { type: "existing-path", path }, dbFilename: join(folder, "temporal.db") },
  });

/** Which days the schedule has started runs for so far, by their nominal time in ms. */
async function startedBy({ client }: TestWorkflowEnvironment, schedule: string): Promise<number[]> {
  const times: number[] = [];
  for await (const { typedSearchAttributes } of client.workflow.list({
    query: `TemporalScheduledById = "${schedule}"`,
  }))
    times.push(typedSearchAttributes.get(SCHEDULED)?.getTime() ?? Number.NaN);
  return times.sort((a, b) => a - b);
}

it("catches up after an outage what is at most three days late, each day once, and leaves what is older to a person", async () => {
  const daily = declaredSchedules(Config.parse({})).find(({ scheduleId }) => scheduleId === "daily");
  if (daily === undefined) throw new Error("no daily schedule is declared");
  const days = hoursOf(daily.policies?.catchupWindow as string) / 24;
  expect(days).toBe(3);

  let server = await startServer();
  await applySchedule(server.client, {
    ...daily,
    spec: { intervals: [{ every: `${DAY}s` }] },
    policies: { ...daily.policies, catchupWindow: `${days * DAY}s` },
  });
  await expect
    .poll(async () => (await startedBy(server, "daily")).length, { timeout: 60_000 })
    .toBeGreaterThanOrEqual(2);
  const before = await startedBy(server, "daily");
  await server.teardown();
  await sleep(6 * DAY * 1000);

  const called = Date.now();
  server = await startServer();
  const up = Date.now();
  try {
    // Two days after the return: by then everything that is caught up has been.
    await expect
      .poll(async () => (await startedBy(server, "daily")).at(-1), { timeout: 60_000 })
      .toBeGreaterThan(up + 2 * DAY * 1000);
    const all = await startedBy(server, "daily");
    expect(all.slice(0, before.length)).toEqual(before);
    const since = all.slice(before.length);
    const first = since[0] as number;
    // The server looks for the first time somewhere between its call and a little after it is up.
    const caughtUp = days * DAY * 1000;
    expect(first).toBeGreaterThan(called - caughtUp);
    expect(first).toBeLessThanOrEqual(up - caughtUp + 2 * DAY * 1000);
    expect(since).toEqual(since.map((_, at) => first + at * DAY * 1000));
  } finally {
    await server.teardown();
  }
});
