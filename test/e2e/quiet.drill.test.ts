import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "@temporalio/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepWatch } from "#activities/keep-watch.ts";
import { type MeasureNeeds, measure } from "#activities/measure.ts";
import { WATCH, WatchRecord } from "#contracts/watch.ts";
import { type AuthoredData, readAuthored } from "#datasets/authored.ts";
import { loadConfig } from "#local/config.ts";
import { type Day, liveDay } from "#local/day.ts";
import { runDemonstration } from "#local/demonstration.ts";
import { type Home, homeIn } from "#local/home.ts";
import { NO_WATCH } from "#policy/alerts/look.ts";
import { addDays } from "#policy/logical-date.ts";
import { change } from "#stores/change.ts";
import { connectClient } from "#workers/client.ts";
import { connectDependencies } from "#workers/dependencies.ts";
import { listRuns } from "#workers/runs.ts";

/**
 * Whether the watch leaves alone what nothing is wrong with: a system as `npm start` makes it, looked at every five minutes of whole days. The
 * system is real; the days pass by the looks' clock alone.
 */

const CONFIG = fileURLToPath(new URL("../../haqei.config.ts", import.meta.url));
const DATASET = fileURLToPath(new URL("../../datasets", import.meta.url));
const EVERY_MS = 5 * 60_000;
const LOOKS_A_DAY = 288;
const ASKED = 400;

let home: Home;
let folder: string;
let day: Day;
let client: Client;
let authored: AuthoredData;
let needs: MeasureNeeds;
let now: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "haqei-quiet-"));
  home = homeIn(join(folder, "home"));
  authored = await readAuthored(DATASET);
});
afterAll(async () => {
  await client?.connection.close();
  await day?.servers.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Looks at a day that begins now; answers what was found wrong, and what would have been done about it. */
async function lookForADay() {
  now = Date.now();
  const taken = measure(needs);
  const look = keepWatch(needs);
  const fresh: WatchRecord = { tick: "", state: NO_WATCH, plan: null };
  await change(needs.registry, WATCH, WatchRecord, fresh, () => ({ ...fresh }));
  const found = { fired: new Set<string>(), missing: new Set<string>(), gaps: 0, acts: 0, incidents: 0 };
  for (let turn = 0; turn < LOOKS_A_DAY; turn += 1) {
    const plan = await look({ tick: `${now}`, samples: await taken(), since: now });
    for (const { name } of plan.status) found.fired.add(name);
    for (const name of plan.missing) found.missing.add(name);
    found.gaps += plan.gap === null ? 0 : 1;
    found.acts += plan.rollbacks.length + plan.retrains.length;
    found.incidents += plan.open.length;
    now += EVERY_MS;
  }
  return { ...found, fired: [...found.fired], missing: [...found.missing] };
}

const ask = (date: string, n: number) =>
  runDemonstration({
    edgeUrl: day.servers.endpoints.edge.url,
    queries: authored.examples.filter(({ split }) => split === "live"),
    classes: authored.classes,
    n,
    seed: 384,
    date,
  });

describe("a day on which nothing is wrong", () => {
  it("after npm start", async () => {
    const loaded = await loadConfig(CONFIG);
    day = await liveDay({ home, loaded, demo: ASKED, log: () => undefined, onProgress: () => undefined });
    expect(day.run.status).toBe("completed");
    const { endpoints } = day.servers;
    client = await connectClient(endpoints);
    const dependencies = await connectDependencies(home, loaded, endpoints);
    needs = { ...dependencies, runs: () => listRuns(client, endpoints), now: () => now };
    const found = await lookForADay();
    console.info("after npm start", found);
    expect(found).toMatchObject({ missing: [], gaps: 0, acts: 0, incidents: 0 });
  });

  it.each([
    [1, ASKED],
    [2, 2000],
  ])("after %i days, of %i questions with simulated users' judgements", async (later, n) => {
    await ask(addDays(day.run.date, later), n);
    const found = await lookForADay();
    console.info(`after ${n} questions`, found, await measure(needs)());
    expect(found).toMatchObject({ missing: [], gaps: 0, acts: 0, incidents: 0 });
  });
});
