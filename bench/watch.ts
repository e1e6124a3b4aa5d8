import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { LoggedEvent } from "#contracts/event.ts";
import { addDays, logicalDateOf } from "#policy/logical-date.ts";
import { fetchEvents } from "#stores/event-log.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { keepIncident } from "#stores/incidents.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { noteRelease } from "#stores/release-history.ts";
import { startRun } from "#workers/client.ts";
import { postJson, startSystem } from "../test/support/system.ts";
import { printFigures } from "./figures.ts";

/**
 * How long one look of the watch takes on a running system that has been used for a month: 30 days of events in its log, 30 runs in
 * Temporal, as many releases, 200 incidents, and an hour of questions counted at the edge. Wall time as a client of Temporal sees
 * it, from start to result, the first look of the process among them.
 */
const LOOKS = 200;
const DAYS = 30;
const EVENTS_A_DAY = 1000;
const QUESTIONS = 2000;
const INCIDENTS = 200;
const DAY = 86_400_000;
const DATASET = fileURLToPath(new URL("../datasets", import.meta.url));
const GOAL_MS = 2000;

const system = await startSystem({ dataset: DATASET });
const registry = sqliteRegistry(system.home.registryFile);
try {
  const { endpoints } = system.servers;
  const now = Date.now();
  const texts = system.authored.examples.filter(({ split }) => split === "live").map(({ text }) => text);
  await rememberReleases();

  const today = logicalDateOf(now, "Asia/Tokyo");
  // The first makes a model and releases it; the others find nothing to learn from, and end.
  for (let day = DAYS; day >= 1; day -= 1) {
    const input = { kind: "daily", date: addDays(today, -day), seed: 1, release: day === DAYS } as const;
    const { status, error } = await startRun(endpoints, input, { wait: true });
    if (status !== "completed") throw new Error(`the run of ${input.date} ${status}: ${error}`);
  }
  await rememberEvents();
  await rememberIncidents();
  await ask();

  const looks: number[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    const begun = performance.now();
    await system.client.workflow.execute("watch", { taskQueue: "pipeline", workflowId: `look-${look}`, args: [] });
    looks.push(performance.now() - begun);
  }
  looks.sort((a, b) => a - b);
  const quantile = (q: number): number => looks[Math.ceil(q * LOOKS) - 1] as number;
  const p99 = quantile(0.99);
  printFigures(
    "watch",
    [
      { name: "a look of the watch, median", value: quantile(0.5), unit: "ms", n: LOOKS },
      { name: "the same, p99", value: p99, unit: "ms", goal: `< ${GOAL_MS}`, met: p99 < GOAL_MS, n: LOOKS },
      { name: "the same, slowest", value: quantile(1), unit: "ms", n: LOOKS },
    ],
    process.argv.includes("--json"),
  );

  async function rememberReleases(): Promise<void> {
    for (let day = DAYS; day >= 1; day -= 1)
      await noteRelease(registry, {
        at: now - day * DAY,
        sha256: String(day).padStart(64, "0"),
        version: `v0.0.${DAYS - day}`,
        outcome: "released",
      });
  }

  async function rememberEvents(): Promise<void> {
    const model = "a".repeat(64);
    let seq = 0;
    const eventOf = (day: number, turn: number): LoggedEvent => {
      const at = now - day * DAY + Math.floor((turn * DAY) / (EVENTS_A_DAY + 1));
      const text = `${texts[seq % texts.length]} ${seq % 500}`;
      seq += 1;
      return {
        seq,
        id: randomUUID(),
        ...(turn % 5 === 0 ? { type: "thumb", value: turn % 10 === 0 ? 1 : -1 } : { type: "click", shownId: 1 }),
        at,
        receivedAt: at,
        user: randomUUID(),
        roundTripMs: 30 + (turn % 50),
        served: {
          model,
          bucket: "current",
          shown: [1, 2, 3],
          propensity: 1,
          textHash: randomUUID().replaceAll("-", ""),
          lang: "ja",
          at,
          text,
        },
      };
    };
    const pages = Array.from({ length: DAYS }, (_, page) =>
      Array.from({ length: EVENTS_A_DAY }, (_, turn) => JSON.stringify(eventOf(DAYS - page, turn))),
    );
    // The cursor stays where the edge's own log begins.
    const events = async () => ({ lines: pages.shift() ?? [], next: 0 });
    await fetchEvents(registry, folderArtefacts(system.home.artefacts), { events }, () => undefined);
  }

  async function rememberIncidents(): Promise<void> {
    for (let one = INCIDENTS; one >= 1; one -= 1) {
      const opened = now - Math.floor((one * DAYS * DAY) / (INCIDENTS + 1));
      const timeline = [{ at: opened, what: "An alert fired." }];
      const closed = {
        at: opened + 600_000,
        reason: "measured",
        proof: { at: opened + 600_000, metric: "error_rate", value: 0.001, n: 1000 },
      };
      await keepIncident(registry, {
        id: `error_rate-${opened}`,
        cause: "error_rate",
        level: 3,
        opened,
        timeline,
        closed,
      });
    }
  }

  /** Users ask, and judge every tenth answer: the edge's counters and its own log are not empty. */
  async function ask(): Promise<void> {
    const { url } = endpoints.edge;
    for (let turn = 0; turn < QUESTIONS; turn += 1) {
      const userId = randomUUID();
      const { json } = await postJson(`${url}/api/classify`, {
        text: texts[turn % texts.length],
        userId,
        consent: true,
      });
      if (turn % 10 > 0) continue;
      const event = { id: randomUUID(), eventId: json["eventId"], userId, type: "thumb", value: 1, at: Date.now() };
      await postJson(`${url}/api/feedback`, { events: [event] });
    }
  }
} finally {
  registry.close();
  await system.end();
}
