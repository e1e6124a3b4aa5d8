import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Config } from "#contracts/config.ts";
import type { Notification } from "#contracts/notification.ts";
import { readIncidents } from "#stores/incidents.ts";
import { recover } from "#workers/recover.ts";
import { type Receiver, startReceiver } from "../../notify/test-support/receiver.ts";
import { type RolloutSystem, startRolloutSystem } from "../support/rollouts.ts";
import watchConfig from "../support/watch.config.ts";
import { type Watched, watched } from "../support/watching.ts";

/** A fault on the running system: an alert fires, people hear of it, an incident begins, the release goes back, and it is over. */

let all: RolloutSystem;
let on: Watched;
let receiver: Receiver;
const bodies = (path: string) => receiver.received.filter((one) => one.path === path).map(({ body }) => body);

beforeAll(async () => {
  receiver = await startReceiver();
  process.env["HAQEI_SLACK_URL"] = `${receiver.url}/slack`;
  process.env["HAQEI_WEBHOOK_URL"] = `${receiver.url}/pager`;
  all = await startRolloutSystem("watch.config.ts");
  on = watched(all);
});
afterAll(async () => {
  on?.registry.close();
  await all?.system.end();
  await receiver?.close();
});

describe("watching a running system", () => {
  it("finds nothing wrong while all is well", async () => {
    await on.ask(30);
    await on.look();
    await on.look();
    expect(await readIncidents(on.registry)).toEqual([]);
  });

  it("takes a broken model back, tells people, and closes the incident by what is measured", async () => {
    const [broken = ""] = all.good;
    const pointer = await all.edge.pointer();
    if (!pointer) throw new Error("nothing is released");
    await all.upload(broken);
    const current = { sha256: broken, version: "v1.0.1" };
    const next = { ...pointer, epoch: pointer.epoch + 1, current, previous: pointer.current };
    await all.edge.putPointer(next, pointer.epoch);
    await all.damage(broken);
    await on.restart("edge");
    await on.ask(60);
    await on.look();
    await expect.poll(() => on.incident("error_rate")).toMatchObject({ level: 3 });
    expect((await on.incident("error_rate"))?.timeline.map(({ what }) => what).join("\n")).toContain("was taken away");
    expect((await all.edge.pointer())?.current.sha256).toBe(all.first);
    await expect
      .poll(() => (bodies("/pager") as Notification[]).map(({ title, done }) => `${title} ${done.join()}`).join("\n"))
      .toMatch(/error_rate.* was taken away/);
    await expect.poll(() => bodies("/slack").length).toBeGreaterThan(0);
    // The hour's figures must be good again: enough good answers bring the share under the limit.
    await on.ask(1500);
    await on.look();
    await expect
      .poll(async () => (await on.incident("error_rate"))?.closed)
      .toMatchObject({ proof: { metric: "error_rate" } });
  });

  it("has nothing to recover while answers are good, and says so", async () => {
    const { endpoints } = all.system.servers;
    const config = Config.parse({ ...watchConfig, dataset: "datasets" });
    const needs = { edge: all.edge, registry: on.registry, endpoints, config, now: Date.now, person: "mika" };
    const before = await all.edge.pointer();
    const dry = await recover(needs, { dryRun: true });
    expect(dry.steps.map(({ name }) => name)).toEqual(["state", "rollback", "cache", "simple mode", "closer watch"]);
    expect(await all.edge.pointer()).toEqual(before);
    // Temporal is away: every step that needs the edge alone works.
    const away = { ...endpoints, temporal: { address: "127.0.0.1:1", namespace: "none" } };
    const again = await recover({ ...needs, endpoints: away }, { again: true });
    expect(again.steps.at(-1)?.detail).toContain("once Temporal answers");
    expect((await all.edge.pointer())?.cacheGeneration).toBe((before?.cacheGeneration ?? 0) + 1);
    expect(again.steps.find(({ name }) => name === "state")?.detail).toContain("Temporal does not answer");
  });
});
