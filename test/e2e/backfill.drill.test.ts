import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Output } from "#cli/commands/backfill.ts";
import { readAuthored } from "#datasets/authored.ts";
import { writeExample } from "#local/init.ts";
import { addDays, datesBetween, logicalDateOf, startOfDate } from "#policy/logical-date.ts";
import { randomOf } from "#simulation/random.ts";
import { trafficOf } from "#simulation/traffic.ts";
import { writeLog } from "../support/poison.ts";
import { type System, startSystem } from "../support/system.ts";

/** Thirty days of a help desk's feedback, run after the fact by `haqei backfill` on real servers; it is killed on its way and goes on. */

const HAQEI = fileURLToPath(new URL("../../cli/haqei.mjs", import.meta.url));
const ZONE = "Asia/Tokyo";
const DAYS = 30;
const LAST = addDays(logicalDateOf(Date.now(), ZONE), -1);
const FIRST = addDays(LAST, 1 - DAYS);
const DATES = datesBetween(FIRST, LAST);
/** Two days of three bring less feedback than a training asks for. */
const isBusy = (date: string): boolean => DATES.indexOf(date) % 3 === 0;
const KILLED_AFTER = 8;

let folder: string;
let system: System;

async function rowsOf(dataset: string) {
  const { examples, classes } = await readAuthored(dataset);
  const queries = examples.filter(({ split }) => split === "live");
  return DATES.flatMap((date) =>
    trafficOf(
      {
        ...{ seed: 12, date, from: startOfDate(date, ZONE), to: startOfDate(addDays(date, 1), ZONE) - 3_600_000 },
        ...{ queries, classes, n: isBusy(date) ? 900 : 100, users: 300, exploration: 0.03 },
      },
      {
        digest: "0".repeat(64),
        answer: (asked) => {
          const random = randomOf(asked);
          return [0, 1, 2].map(() => 1 + random.below(classes.length));
        },
      },
    ),
  )
    .sort((a, b) => a.receivedAt - b.receivedAt)
    .map(({ receivedAt, ...event }) => ({ id: event.id, receivedAt, body: JSON.stringify(event) }));
}

const backfill = (...more: string[]): ChildProcess =>
  spawn(
    process.execPath,
    [
      ...[HAQEI, "backfill", "daily", "--from", FIRST, "--to", LAST, "--json", ...more],
      ...["--home", system.home.directory, "--config", join(folder, "haqei.config.ts")],
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
const outputOf = async (child: ChildProcess) => {
  const [out] = await Promise.all([text(child.stdout as NodeJS.ReadableStream), once(child, "exit")]);
  return Output.parse(JSON.parse(out));
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "haqei-backfill-"));
  await writeExample(folder);
  const dataset = join(folder, "data");
  const rows = await rowsOf(dataset);
  system = await startSystem({
    dataset,
    config: join(folder, "haqei.config.ts"),
    before: (home) => writeLog(home, rows),
  });
});
afterAll(async () => {
  await system?.end();
  rmSync(folder, { recursive: true, force: true });
});

it("runs thirty days in order, each once, though it is killed on its way", async () => {
  const started = performance.now();
  const { plan, runs: none } = await outputOf(backfill("--plan"));
  expect(none).toEqual([]);
  expect(plan.map(({ date, reason, cached }) => [date, reason, cached])).toEqual(
    DATES.map((date) => [date, "never run", false]),
  );

  const killed = backfill();
  let told = 0;
  for await (const line of createInterface({ input: killed.stderr as NodeJS.ReadableStream })) {
    if (!/\d+ of 30: daily-/.test(line)) continue;
    told += 1;
    if (told === KILLED_AFTER) killed.kill("SIGKILL");
  }
  expect(told).toBeGreaterThanOrEqual(KILLED_AFTER);

  const again = backfill();
  again.stderr?.on("data", (line: Buffer) => process.stderr.write(line));
  const { plan: rest, runs } = await outputOf(again);
  expect(rest.filter(({ reason }) => reason === "done").length).toBeGreaterThanOrEqual(KILLED_AFTER);
  expect(runs.map(({ date, status }) => [date, status])).toEqual(DATES.map((date) => [date, "completed"]));

  const times: { id: string; at: number; ended: number }[] = [];
  for await (const one of system.client.workflow.list({ query: 'WorkflowType = "dailyBatch"' }))
    times.push({ id: one.workflowId, at: one.startTime.getTime(), ended: one.closeTime?.getTime() ?? Number.NaN });
  times.sort((a, b) => a.at - b.at);
  expect(times.map(({ id }) => id)).toEqual(DATES.map((date) => `daily-${date}`));
  // Each is judged against what the day before may have released.
  for (const [index, { at }] of times.entries())
    if (index > 0) expect(at).toBeGreaterThanOrEqual(times[index - 1]?.ended as number);

  for (const { date, stages, metrics } of runs) {
    const trained = stages.find(({ name }) => name === "03:train")?.status !== "skipped";
    // The first has no model to go on from, and is always worth it.
    expect([date, trained]).toEqual([date, date === FIRST || isBusy(date)]);
    expect(Number(metrics["collect.events"])).toBeGreaterThan(0);
  }
  const seconds = (performance.now() - started) / 1000;
  const worked = runs.flatMap(({ stages }) => stages).reduce((sum, stage) => sum + stage.seconds, 0);
  const events = runs.reduce((sum, { metrics }) => sum + Number(metrics["collect.events"]), 0);
  console.info(
    `${DAYS} days, ${events} events: ${seconds.toFixed(0)} s, of it ${worked.toFixed(0)} s in stages; killed after ${told} days`,
  );
});
