import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "#cli/main.ts";
import { Recovery } from "#contracts/recovery.ts";
import { type RolloutSystem, startRolloutSystem } from "../support/rollouts.ts";

/** `haqei recover` on a running system of which one part after another is away: Temporal, the edge's database, the released models. */

const CONFIG = fileURLToPath(new URL("../support/watch.config.ts", import.meta.url));
let all: RolloutSystem;

async function recover(...args: string[]) {
  const out: string[] = [];
  const streams = { out: (text: string) => void out.push(text), err: () => undefined, isTerminal: false };
  const home = ["--home", all.system.home.directory, "--config", CONFIG];
  const exit = await main(["recover", ...args, "--json", ...home], streams);
  const output = Recovery.parse(JSON.parse(out.join("")));
  return { exit, ...output, step: (name: string) => output.steps.find((one) => one.name === name) };
}

const ask = (text = `ρω σιγμα ${Math.random()}`) => all.edge.classify(text, `user-${Math.random()}`);
const answersOtherThan = (pid: number) => () =>
  all.edge.health().then(
    () => all.system.pidOf("edge") !== pid,
    () => false,
  );

/** An edge whose isolates remember nothing. */
async function startEdgeAgain(): Promise<void> {
  const killed = all.system.pidOf("edge");
  process.kill(-killed, "SIGKILL");
  await expect.poll(answersOtherThan(killed), { timeout: 60_000 }).toBe(true);
}

/** Gives a model to everybody whose bytes are rotten where the edge reads them: questions are answered by the prior. */
async function serveBroken(sha256: string): Promise<void> {
  const pointer = await all.edge.pointer();
  if (!pointer) throw new Error("nothing is released");
  await all.upload(sha256);
  const { canary: _, ...rest } = pointer;
  const served = { sha256, version: "v1.0.9" };
  await all.edge.putPointer(
    { ...rest, epoch: pointer.epoch + 1, current: served, previous: pointer.current },
    pointer.epoch,
  );
  await all.damage(sha256);
  await startEdgeAgain();
  await expect.poll(async () => (await ask()).path, { timeout: 20_000 }).toBe("prior");
}

/** Renames the tables of the edge's database, as it runs: no statement of the edge's finds what it asks for. Answers what gives them back. */
function loseTables(): () => void {
  const folder = join(all.system.home.edge, "d1", "miniflare-D1DatabaseObject");
  const file = readdirSync(folder).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  if (file === undefined) throw new Error(`no database is in ${folder}`);
  const database = new DatabaseSync(join(folder, file), { timeout: 10_000 });
  const tables = database
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*' AND name <> 'd1_migrations'",
    )
    .all()
    .map(({ name }) => String(name));
  for (const name of tables) database.exec(`ALTER TABLE ${name} RENAME TO away_${name}`);
  return () => {
    for (const name of tables) database.exec(`ALTER TABLE away_${name} RENAME TO ${name}`);
    database.close();
  };
}

beforeAll(async () => {
  all = await startRolloutSystem("watch.config.ts");
});
afterAll(async () => {
  await all?.system.end();
});

describe("haqei recover", () => {
  it("changes nothing where all is well, nor with --dry-run where it is not", async () => {
    const before = await all.edge.pointer();
    expect(await recover()).toMatchObject({ exit: 0, recovered: true });
    const [broken = ""] = all.good;
    await serveBroken(broken);
    const seen = await recover("--dry-run");
    expect(seen).toMatchObject({ exit: 1, recovered: false });
    expect(seen.step("state")).toMatchObject({ ok: false });
    expect(await all.edge.pointer()).toMatchObject({ epoch: (before?.epoch ?? 0) + 1, current: { sha256: broken } });
  });

  it("goes back and proves it while Temporal is silent", async () => {
    const temporal = all.system.pidOf("temporal");
    process.kill(temporal, "SIGSTOP");
    try {
      const { exit, recovered, step } = await recover();
      expect(step("state")?.detail).toContain("Temporal does not answer");
      expect(step("rollback")).toMatchObject({ ok: true });
      expect(step("rollback")?.detail).toContain("by the pointer");
      expect(step("cache")).toMatchObject({ ok: true });
      expect(step("simple mode")?.detail).toContain("not needed");
      expect(step("closer watch")?.detail).toContain("once Temporal answers");
      expect({ exit, recovered }).toEqual({ exit: 0, recovered: true });
    } finally {
      process.kill(temporal, "SIGCONT");
    }
    expect((await all.edge.pointer())?.current.sha256).toBe(all.first);
    expect((await ask()).path).toBe("full");
  });

  it("switches to simple mode while the edge's database is away, which is where the pointer is", async () => {
    const [, broken = ""] = all.good;
    await serveBroken(broken);
    const back = loseTables();
    try {
      expect((await recover("--dry-run")).step("state")?.detail).toContain("no pointer is to be had");
      const { exit, recovered, step } = await recover();
      expect(step("state")?.detail).toContain("its database does not answer");
      expect(step("rollback")).toMatchObject({ ok: false });
      expect(step("cache")).toMatchObject({ ok: false });
      expect(step("simple mode")).toMatchObject({ ok: true });
      expect({ exit, recovered }).toEqual({ exit: 0, recovered: true });
      expect((await ask()).bucket).toBe("simple");
    } finally {
      back();
    }
    const [last] = (await all.edge.audit()).actions;
    expect(last).toMatchObject({ action: "POST /admin/mode", status: 200 });
    // Once the database is back it goes back to a model that answers, and out of simple mode.
    await all.edge.switchMode({ mode: "normal", reason: "the database is back" });
    expect(await recover()).toMatchObject({ exit: 0, recovered: true });
    expect(await all.edge.pointer()).toMatchObject({ current: { sha256: all.first } });
  });

  it("switches to simple mode, for a time, where the models cannot be had to go back to", async () => {
    const [, , broken = ""] = all.good;
    await serveBroken(broken);
    const store = join(all.system.home.edge, "r2");
    renameSync(store, `${store}-away`);
    await startEdgeAgain();
    const { exit, recovered, step } = await recover();
    expect(step("rollback")).toMatchObject({ ok: false });
    expect(step("simple mode")).toMatchObject({ ok: true });
    expect(step("simple mode")?.detail).toContain("ends by itself");
    expect({ exit, recovered }).toEqual({ exit: 0, recovered: true });
    expect((await ask()).bucket).toBe("simple");
    const until = (await all.edge.simpleUntil()) ?? 0;
    expect(until).toBeGreaterThan(Date.now());
    // Who did it stands in the edge's audit, which was written before it was done.
    expect((await all.edge.audit()).actions.slice(0, 5)).toContainEqual(
      expect.objectContaining({ action: "POST /admin/mode", status: 200 }),
    );
    // Done again it does nothing twice: it ends when it was to end.
    await recover("--again");
    expect(await all.edge.simpleUntil()).toBe(until);
  });
});
