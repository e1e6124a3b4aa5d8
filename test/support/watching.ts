import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { main } from "#cli/main.ts";
import type { Incident } from "#contracts/incident.ts";
import { readIncidents } from "#stores/incidents.ts";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import type { RolloutSystem } from "./rollouts.ts";
import { asking, type Judged, judging } from "./traffic.ts";

/** What is asked again and again: after the first time it is answered from a cache. */
const KNOWN = ["αλφα βητα γαμμα", "δελτα εψιλον ζητα", "ητα θητα ιωτα", "καππα λαμδα μυ"];
/** What is judged: texts enough that no two users of one look are alike. */
const JUDGED = Array.from({ length: 388 }, (_, at) => `${KNOWN[at % KNOWN.length]} ${at % 97}`);

/** A system that is looked at when its test says so, and what people and faults do to it. */
export interface Watched {
  registry: Registry;
  /** One look by the workflow `watch`; answers how long it took, ms. */
  look(): Promise<number>;
  /** Users ask: what is known already, or each a text of their own. Questions that are not answered are no failure of it. */
  ask(count: number, texts?: "known" | "new"): Promise<void>;
  /** Users ask and judge what they are answered. */
  judge(judged: Omit<Judged, "texts">): Promise<void>;
  /** The last incident of a cause. */
  incident(cause: string): Promise<Incident | undefined>;
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
  return {
    registry,
    pidOf: system.pidOf,
    async look() {
      looks += 1;
      const begun = performance.now();
      const workflowId = `watch-${looks}`;
      await system.client.workflow.execute("watch", { taskQueue: "pipeline", workflowId, args: [] });
      return performance.now() - begun;
    },
    ask: (count, texts = "known") =>
      asking(edge, count, (turn) => {
        const text = texts === "known" ? (KNOWN[turn % KNOWN.length] as string) : `δελτα εψιλον ${randomUUID()}`;
        return edge.classify(text, `user-${turn}`).catch(() => undefined);
      }),
    judge: (judged) => judging(edge, url, { ...judged, texts: JUDGED }),
    incident: async (cause) => (await readIncidents(registry)).find((one) => one.cause === cause),
    async haqei(...args) {
      const said: string[] = [];
      const streams = { out: (text: string) => void said.push(text), err: (text: string) => void said.push(text) };
      const config = configFile ? ["--config", configFile] : [];
      const exit = await main([...args, ...config, "--home", system.home.directory], { ...streams, isTerminal: false });
      return { exit, text: said.join("") };
    },
    async restart(name) {
      const killed = system.pidOf(name);
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
