import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { main } from "#cli/main.ts";
import { ClassifyAnswer, FeedbackAnswer } from "#contracts/http.ts";
import type { Incident } from "#contracts/incident.ts";
import { readIncidents } from "#stores/incidents.ts";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import type { RolloutSystem } from "./rollouts.ts";
import { postJson } from "./system.ts";

// What the edge counted is seen after a second in place of ten.
process.env["HAQEI_EDGE_VARS"] = JSON.stringify({ ANALYTICS_FLUSH_SECONDS: "1" });

/** What is asked again and again: after the first time it is answered from a cache. */
export const KNOWN = ["αλφα βητα γαμμα", "δελτα εψιλον ζητα", "ητα θητα ιωτα", "καππα λαμδα μυ"];
const LANES = 8;
const BATCH = 50;

export interface Judged {
  /** How many answers are judged, and how many of them are right. */
  n: number;
  right: number;
  roundTripMs?: number;
  consent?: boolean;
}

/** A system that is looked at when its test says so, and what people and faults do to it. */
export interface Watched {
  registry: Registry;
  /** One look by the workflow `watch`; answers how long it took, ms. */
  look(): Promise<number>;
  /** Users ask: what is known already, or each a text of their own. Questions that are not answered are no failure of it. */
  ask(count: number, texts?: "known" | "new"): Promise<void>;
  /** Users ask and judge what they are answered. */
  judge(judged: Judged): Promise<void>;
  incident(cause: string): Promise<Incident | undefined>;
  /** Waits until an incident is closed by what was measured. */
  closedByProof(cause: string): Promise<Incident>;
  /** `haqei ...` in this home, in this process. */
  haqei(...args: string[]): Promise<{ exit: number; text: string }>;
  pidOf(name: string): number;
  /** Kills a process and waits until the supervisor's next one works. */
  restart(name: string): Promise<void>;
}

export function watched({ system, edge }: RolloutSystem, configFile?: string): Watched {
  const registry = sqliteRegistry(system.home.registryFile);
  const { url } = system.servers.endpoints.edge;
  let looks = 0;
  const inLanes = async (count: number, work: (turn: number) => Promise<unknown>) => {
    const turns = Array.from({ length: count }, (_, turn) => turn).values();
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        for (const turn of turns) await work(turn);
      }),
    );
  };
  const counted = async () => {
    const { rows } = await edge.analytics({ metric: "requests", from: 0, to: Date.now() + 60_000, groupBy: ["route"] });
    return rows.find(({ group }) => group.route === "/api/classify")?.sum ?? 0;
  };
  /** Has so many questions asked, and waits until the edge has written down that they were. */
  const asking = async (count: number, question: (turn: number) => Promise<unknown>) => {
    const before = await counted();
    await inLanes(count, question);
    await expect.poll(counted, { timeout: 30_000, interval: 500 }).toBeGreaterThanOrEqual(before + count);
  };
  const pidOf = (name: string): number => {
    const child = system.servers.children().find((one) => one.name === name);
    if (!child) throw new Error(`no process ${name} runs`);
    return child.pid;
  };
  const incident = async (cause: string) => (await readIncidents(registry)).find((one) => one.cause === cause);
  return {
    registry,
    incident,
    pidOf,
    async look() {
      looks += 1;
      const begun = performance.now();
      const workflowId = `watch-${looks}`;
      await system.client.workflow.execute("watch", { taskQueue: "pipeline", workflowId, args: [] });
      return performance.now() - begun;
    },
    ask: (count, texts = "known") =>
      asking(count, (turn) => {
        const text = texts === "known" ? (KNOWN[turn % KNOWN.length] as string) : `δελτα εψιλον ${randomUUID()}`;
        return edge.classify(text, `user-${turn}`).catch(() => undefined);
      }),
    async judge({ n, right, roundTripMs, consent = false }) {
      const events: object[] = [];
      await asking(n, async (turn) => {
        const asked = { text: `${KNOWN[turn % KNOWN.length]} ${turn % 97}`, userId: randomUUID(), consent };
        const { eventId } = ClassifyAnswer.parse((await postJson(`${url}/api/classify`, asked)).json);
        const said = { id: randomUUID(), type: "thumb", value: turn < right ? 1 : -1, at: Date.now() };
        events.push({ ...said, eventId, userId: asked.userId, ...(roundTripMs === undefined ? {} : { roundTripMs }) });
      });
      for (let from = 0; from < events.length; from += BATCH) {
        const { json } = await postJson(`${url}/api/feedback`, { events: events.slice(from, from + BATCH) });
        expect(FeedbackAnswer.parse(json).rejected).toEqual([]);
      }
    },
    async closedByProof(cause) {
      await expect
        .poll(async () => (await incident(cause))?.closed, { timeout: 20_000 })
        .toMatchObject({ proof: { n: expect.any(Number) } });
      return (await incident(cause)) as Incident;
    },
    async haqei(...args) {
      const said: string[] = [];
      const streams = { out: (text: string) => void said.push(text), err: (text: string) => void said.push(text) };
      const exit = await main(
        [...args, ...(configFile ? ["--config", configFile] : []), "--home", system.home.directory],
        { ...streams, isTerminal: false },
      );
      return { exit, text: said.join("") };
    },
    async restart(name) {
      const killed = pidOf(name);
      process.kill(killed, "SIGKILL");
      const answers = () =>
        edge.health().then(
          () => true,
          () => false,
        );
      const isBack = () => system.servers.children().some((one) => one.name === name && one.pid !== killed);
      await expect.poll(async () => isBack() && (await answers()), { timeout: 60_000 }).toBe(true);
    },
  };
}
