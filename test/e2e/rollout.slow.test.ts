import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Output as Annotated } from "#cli/commands/annotate.ts";
import { Output } from "#cli/commands/release.ts";
import { main } from "#cli/main.ts";
import { Config } from "#contracts/config.ts";
import { ConflictError } from "#contracts/errors.ts";
import type { CommandName } from "#contracts/rollout.ts";
import { readIncidents } from "#stores/incidents.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { reportRelease, rollBackRelease, startRollout, tellRollout } from "#workers/rollout.ts";
import { ASKED, type RolloutSystem, startRolloutSystem, startUsers } from "../support/rollouts.ts";

/** Rollouts in seconds on real parts: Temporal's dev server, workers, workerd, and users who ask all the while. */

let all: RolloutSystem;
let users: ReturnType<typeof startUsers> | undefined;
const by = (reason: string) => ({ person: "mika", reason });
const say = (name: CommandName, reason: string) => tellRollout(all.system.servers.endpoints, name, by(reason));
/** What the edge serves, whatever the tests before have done. */
async function servedNow(): Promise<string> {
  const served = (await all.edge.pointer())?.current.sha256;
  if (served === undefined) throw new Error("nothing is served");
  return served;
}
const answers = () =>
  all.edge.health().then(
    () => true,
    () => false,
  );
/** An incident is opened once the rollout stands as it says. */
async function opened(cause: string, level: number): Promise<void> {
  const registry = sqliteRegistry(all.system.home.registryFile);
  try {
    await expect
      .poll(() => readIncidents(registry), { timeout: 60_000, interval: 100 })
      .toContainEqual(expect.objectContaining({ cause, level }));
  } finally {
    registry.close();
  }
}
async function killEdge(): Promise<void> {
  const killed = all.system.pidOf("edge");
  process.kill(killed, "SIGKILL");
  await expect
    .poll(async () => all.system.pidOf("edge") !== killed && (await answers()), { timeout: 60_000 })
    .toBe(true);
}
/** What a command prints as JSON, and how it exits. */
async function haqei(...args: string[]) {
  const out: string[] = [];
  const streams = { out: (text: string) => void out.push(text), err: () => undefined, isTerminal: false };
  const exit = await main([...args, "--json", "--home", all.system.home.directory], streams);
  return { exit, output: JSON.parse(out.join("")) as Record<string, unknown> };
}
async function start(sha256: string) {
  const registry = sqliteRegistry(all.system.home.registryFile);
  try {
    const { edge, artefacts, released } = all;
    const { endpoints } = all.system.servers;
    const config = Config.parse({});
    return await startRollout({ edge, artefacts, released, registry, endpoints, config }, sha256, by("a test"));
  } finally {
    registry.close();
  }
}

beforeAll(async () => {
  all = await startRolloutSystem();
});
// Each test begins with nothing on its way, whole models and users who ask, whatever became of the one before.
beforeEach(async () => {
  await all.calm();
  users = startUsers(all.system.servers.endpoints.edge.url);
});
afterEach(async () => {
  await users?.stop();
});
afterAll(async () => {
  await all?.system.end();
});

describe("a rollout on real parts", () => {
  it("takes a healthy model to everybody, stage by stage, and leaves the one before at hand", async () => {
    const [before, good] = [await servedNow(), all.next()];
    expect(await start(good)).toBe("started");
    const rollout = await all.until(good);
    expect(rollout.history.map(({ what }) => what).join("\n")).toContain("released");
    expect(rollout.state).toBe("released");
    expect(users?.counts.unanswered).toBe(0);
    expect(new Set(rollout.looks.map(({ share }) => share))).toEqual(new Set([0, 0.25, 0.5]));
    // It never answered otherwise than the model that was shown, so that no label was needed.
    expect(rollout.verdict?.evidence).toMatchObject({ shadow_unlabelled: 0, worse: 0, better: 0 });
    expect(rollout.looks.every(({ canary }) => canary.usersWithError === 0)).toBe(true);
    const report = await reportRelease(all.edge, all.system.servers.endpoints);
    expect(report).toMatchObject({
      current: { sha256: good, version: "v1.0.1" },
      previous: { sha256: before, version: "v1.0.0" },
      canary: null,
      stage: null,
      verdict: { action: "promote" },
    });
  });

  it("is told by haqei release, in its schema, with the status that says what is wrong", async () => {
    const release = (...args: string[]) => haqei("release", ...args);
    const status = await release("status");
    expect(status.exit).toBe(0);
    expect(Output.parse(status.output)).toMatchObject({
      current: { sha256: await servedNow() },
      stage: null,
    });
    const plan = await release("plan");
    expect(plan.output.plan).toMatchObject({ message: expect.any(String), stages: expect.any(Array) });
    expect((await release("start", "--model", "f".repeat(64), "--reason", "a guess")).output).toMatchObject({
      error: { name: "NotFoundError", message: "there is no model ffffffffffff" },
    });
    expect((await release("abort", "--reason", "none runs")).exit).not.toBe(0);
    expect((await release("abort")).output).toMatchObject({
      error: { name: "InputError", message: "a reason is missing" },
    });
  });

  it("takes one back whose users meet more errors, remembers it, and opens an incident", async () => {
    const [good, bad] = [await servedNow(), all.next()];
    await start(bad);
    await all.at(bad, 0.25);
    await say("pause", "a look at what happens when its bytes rot");
    await all.damage(bad);
    await killEdge();
    const rollout = await all.until(bad);
    expect(rollout.state).toBe("rolled-back");
    expect(rollout.verdict).toMatchObject({ action: "rollback", reason: "errors-worse" });
    expect(rollout.rolledBack).toMatchObject({ sha256: good, looks: 5 });
    expect((await all.edge.pointer())?.canary).toBeUndefined();
    const registry = sqliteRegistry(all.system.home.registryFile);
    expect((await registry.read(`rolled-back/${bad}`)).value).toMatchObject({ cause: "errors-worse" });
    registry.close();
    await opened("release-rolled-back", 3);
  });

  it("has a second candidate wait, gives one up when a person says so, and goes on with the newest", async () => {
    const served = await servedNow();
    const [given, older, newest] = [all.next(), all.next(), all.next()];
    await start(given);
    await all.at(given, 0);
    // Two at once: one waits behind the rollout, the other takes its place.
    expect(await start(older)).toBe("waiting");
    expect(await start(newest)).toBe("waiting");
    await expect(say("resume", "why not")).rejects.toThrow(ConflictError);
    const aborted = await say("abort", "wrong answers");
    expect(aborted).toMatchObject({ state: "aborted", rolledBack: { sha256: served } });
    expect((await all.until(newest)).state).toBe("released");
    expect(await servedNow()).toBe(newest);
  });

  it("rolls back with no rollout running, straight by the pointer", async () => {
    const pointer = await all.edge.pointer();
    if (!pointer) throw new Error("nothing is served");
    const { current: served, epoch, canary: _none, ...rest } = pointer;
    const given = { sha256: all.next(), version: "v2.0.0" };
    await all.upload(given.sha256);
    await all.edge.putPointer({ ...rest, epoch: epoch + 1, current: given, previous: served }, epoch);
    const registry = sqliteRegistry(all.system.home.registryFile);
    const { endpoints } = all.system.servers;
    const { direct, seconds } = await rollBackRelease(
      { edge: all.edge, registry, endpoints, config: Config.parse({}) },
      by("users complain"),
    );
    registry.close();
    expect(direct).toBe(true);
    expect(seconds).toBeGreaterThan(0);
    expect(await servedNow()).toBe(served.sha256);
    expect((await all.edge.health()).model).toBe(served.sha256);
    console.info(`rolled back and confirmed in ${seconds.toFixed(2)} s`);
  });

  it("takes the canary from users in seconds while Temporal is away, and the rollout gives in once it is back", async () => {
    const [served, one] = [await servedNow(), all.next()];
    await start(one);
    await all.at(one, 0.25);
    await say("pause", "a look at what happens without Temporal");
    const temporal = all.system.pidOf("temporal");
    process.kill(temporal, "SIGSTOP");
    try {
      const { exit, output } = await haqei("release", "rollback", "--reason", "it must go now");
      expect(exit).toBe(0);
      expect(Output.parse(output)).toMatchObject({ current: { sha256: served }, canary: null, rollout: null });
      console.info(`rolled back without Temporal, and confirmed, in ${Number(output.seconds).toFixed(2)} s`);
    } finally {
      process.kill(temporal, "SIGCONT");
    }
    expect((await all.until(one)).state).toBe("withdrawn");
    expect(await servedNow()).toBe(served);
  });

  it("goes back as soon as the edge answers again, where it was away when a person said so", async () => {
    const [served, one] = [await servedNow(), all.next()];
    await start(one);
    await all.at(one, 0.25);
    const edge = all.system.pidOf("edge");
    process.kill(-edge, "SIGSTOP");
    const saying = say("rollback", "it must go");
    await new Promise((resolve) => setTimeout(resolve, 3000));
    process.kill(-edge, "SIGCONT");
    expect(await saying).toMatchObject({ state: "rolled-back", rolledBack: { sha256: served } });
    expect((await all.edge.pointer())?.canary).toBeUndefined();
  });

  it("takes one back in shadow that people find less accurate where it differs: nobody ever got it", async () => {
    const { different } = all;
    await start(different);
    // Every answer differs, and nobody has said which is right.
    await expect
      .poll(async () => (await all.rollout())?.verdict?.reason, { timeout: 60_000, interval: 100 })
      .toMatch(/shadow-disagreement|ask-a-person/);
    const annotate = (...args: string[]) =>
      haqei("dataset", "annotate", "--shadow", "--by", "mika", "--n", "2000", ...args);
    const open = async () => Annotated.parse((await annotate()).output).disagreements ?? [];
    await expect.poll(async () => (await open()).length, { timeout: 60_000, interval: 500 }).toBeGreaterThan(150);
    const disagreements = await open();
    // What is shown is right each time: the text that a class of the tiny model knows.
    const right = (text: string) => 1 + ASKED.indexOf(text);
    const labels = join(all.system.home.directory, "labels.tsv");
    await writeFile(labels, disagreements.map(({ seq, text }) => `${seq}\t${right(text)}\n`).join(""));
    expect((await annotate("--from", labels)).output).toMatchObject({ annotated: disagreements.length });
    const rollout = await all.until(different);
    expect(rollout).toMatchObject({ state: "rolled-back", verdict: { action: "rollback", reason: "accuracy-worse" } });
    expect(rollout.looks.every(({ share }) => share === 0)).toBe(true);
  });

  it("holds without traffic, asks a person, and goes back when one says so", async () => {
    const one = all.next();
    await users?.stop();
    await start(one);
    const standing = async () => {
      const found = await all.rollout();
      return found?.candidate.sha256 === one ? found.verdict?.reason : undefined;
    };
    await expect.poll(standing, { timeout: 60_000, interval: 200 }).toBe("no-data");
    await expect.poll(standing, { timeout: 60_000, interval: 200 }).toBe("ask-a-person");
    expect(await all.rollout()).toMatchObject({ state: "watching", stage: { share: 0 }, verdict: { action: "hold" } });
    await opened("release-undecided", 2);
    expect(await say("abort", "there is nobody")).toMatchObject({ state: "aborted" });
  });

  it("freezes where both models are bad: it gives nobody more and calls a person, and cannot be promoted", async () => {
    const [served, one] = [await servedNow(), all.next()];
    await start(one);
    await all.at(one, 0.25);
    await say("pause", "a look at what happens when the store rots");
    for (const sha256 of [one, served]) await all.damage(sha256);
    await killEdge();
    const frozen = async () => (await all.rollout().catch(() => undefined))?.verdict?.action;
    await expect.poll(frozen, { timeout: 60_000, interval: 200 }).toBe("freeze");
    await say("resume", "go on");
    await all.until(one, "frozen");
    await expect(say("promote", "it must go out")).rejects.toThrow("the evidence speaks against it: both-arms-bad");
    for (const sha256 of [one, served]) await all.upload(sha256);
    expect(await say("abort", "the store is mended")).toMatchObject({
      state: "aborted",
      rolledBack: { sha256: served },
    });
    await opened("release-frozen", 3);
  });

  it("goes on where its worker is killed in each stage", async () => {
    const one = all.next();
    await start(one);
    for (const share of [0, 0.25, 0.5]) {
      await all.at(one, share);
      process.kill(all.system.pidOf("pipeline"), "SIGKILL");
    }
    const rollout = await all.until(one);
    expect(rollout.state).toBe("released");
    expect(await servedNow()).toBe(one);
  });
});
