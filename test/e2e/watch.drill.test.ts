import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Config, type Config as ConfigType } from "#contracts/config.ts";
import type { Notification } from "#contracts/notification.ts";
import { readIncidents } from "#stores/incidents.ts";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import { recover } from "#workers/recover.ts";
import { type Receiver, startReceiver } from "../../notify/test-support/receiver.ts";
import { type RolloutSystem, startRolloutSystem } from "../support/rollouts.ts";
import watchConfig from "../support/watch.config.ts";

/** A fault on the running system: an alert fires, people hear of it, an incident begins, the release goes back, and it is over. */

let all: RolloutSystem;
let receiver: Receiver;
let registry: Registry;
const config: ConfigType = Config.parse({ ...watchConfig, dataset: "datasets" });
const ask = async (count: number) => {
  for (let turn = 0; turn < count; turn += 1)
    await all.edge.classify(`δελτα εψιλον ${turn} ${Date.now()}`, `user-${turn}`).catch(() => undefined);
};
let looks = 0;
const look = async () => {
  looks += 1;
  const begun = performance.now();
  await all.system.client.workflow.execute("watch", { taskQueue: "pipeline", workflowId: `watch-${looks}`, args: [] });
  return performance.now() - begun;
};
const bodies = (path: string) => receiver.received.filter((one) => one.path === path).map(({ body }) => body);

beforeAll(async () => {
  receiver = await startReceiver();
  process.env["HAQEI_SLACK_URL"] = `${receiver.url}/slack`;
  process.env["HAQEI_WEBHOOK_URL"] = `${receiver.url}/pager`;
  all = await startRolloutSystem("watch.config.ts");
  registry = sqliteRegistry(all.system.home.registryFile);
});
afterAll(async () => {
  registry?.close();
  await all?.system.end();
  await receiver?.close();
});

describe("watching a running system", () => {
  it("finds nothing wrong while all is well, in under two seconds a look", async () => {
    await ask(30);
    const took: number[] = [];
    for (let turn = 0; turn < 10; turn += 1) took.push(await look());
    took.sort((a, b) => a - b);
    console.info(
      `a look took ${took[4]?.toFixed(0)} ms (median), ${took.at(-1)?.toFixed(0)} ms (slowest of ${took.length})`,
    );
    expect((await readIncidents(registry)).filter(({ level }) => level === 3)).toEqual([]);
  });

  it("takes a broken model back, tells people, and closes the incident by what is measured", async () => {
    const [broken = ""] = all.good;
    const pointer = await all.edge.pointer();
    if (!pointer) throw new Error("nothing is released");
    await all.upload(broken);
    await all.edge.putPointer(
      {
        ...pointer,
        epoch: pointer.epoch + 1,
        current: { sha256: broken, version: "v1.0.1" },
        previous: pointer.current,
      },
      pointer.epoch,
    );
    await all.damage(broken);
    const pid = () => all.system.servers.children().find(({ name }) => name === "edge")?.pid ?? 0;
    const killed = pid();
    process.kill(killed, "SIGKILL");
    const answers = () =>
      all.edge.health().then(
        () => true,
        () => false,
      );
    await expect.poll(async () => pid() !== killed && (await answers()), { timeout: 60_000 }).toBe(true);
    await ask(120);
    await look();
    const [incident] = (await readIncidents(registry)).filter(({ cause }) => cause === "error_rate");
    expect(incident).toMatchObject({ level: 3 });
    expect(incident?.timeline.map(({ what }) => what).join("\n")).toContain("was taken away");
    expect((await all.edge.pointer())?.current.sha256).toBe(all.first);
    await expect
      .poll(() => (bodies("/pager") as Notification[]).map(({ title, done }) => `${title} ${done.join()}`).join("\n"))
      .toMatch(/error_rate.* was taken away/);
    await expect.poll(() => bodies("/slack").length).toBeGreaterThan(0);
    // The hour's figures must be good again: enough good answers bring the share under the limit.
    await ask(3000);
    await look();
    await expect
      .poll(async () => (await readIncidents(registry)).find(({ cause }) => cause === "error_rate")?.closed)
      .toMatchObject({ proof: { metric: "error_rate" } });
  });

  it("has nothing to recover while answers are good, and says so", async () => {
    const { endpoints } = all.system.servers;
    const needs = { edge: all.edge, registry, endpoints, config, now: Date.now, person: "mika" };
    const dry = await recover(needs, { dryRun: true });
    expect(dry.steps.map(({ name }) => name)).toEqual(["state", "rollback", "cache", "simple mode", "closer watch"]);
    const before = await all.edge.pointer();
    await recover(needs, { dryRun: true });
    expect(await all.edge.pointer()).toEqual(before);
    // Temporal is away: every step that needs the edge alone works.
    const away = { ...endpoints, temporal: { address: "127.0.0.1:1", namespace: "none" } };
    const again = await recover({ ...needs, endpoints: away }, { again: true });
    expect(again.steps.at(-1)?.detail).toContain("once Temporal answers");
    expect((await all.edge.pointer())?.cacheGeneration).toBe((before?.cacheGeneration ?? 0) + 1);
    expect(again.steps.find(({ name }) => name === "state")?.detail).toContain("Temporal does not answer");
  });
});
