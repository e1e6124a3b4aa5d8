import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { backUp, restore } from "#local/backup.ts";
import { type Arena, openArena } from "#local/chaos/arena.ts";
import { homeIn } from "#local/home.ts";
import type { EdgeClient } from "#stores/edge.ts";

/** The drill of OPERATIONS.md: a backup of a home that runs, the home is lost, another takes its place. */

/** Small: what is held here hangs on no data set. */
const DATASET = fileURLToPath(new URL("../../local/example/data", import.meta.url));
const open: Arena[] = [];
let root = "";
afterAll(async () => {
  for (const arena of open) await arena.close();
  await rm(root, { recursive: true, force: true });
});

const startIn = async (name: string): Promise<Arena> => {
  const arena = await openArena({
    dataset: DATASET,
    folder: join(root, name),
    release: { stages: [{ percentage: 100, duration: "permanent" }] },
    cache: join(root, "cache"),
    log: () => undefined,
  });
  open.push(arena);
  return arena;
};

async function eventsIn(edge: EdgeClient): Promise<number> {
  let count = 0;
  for (let after = 0; ; ) {
    const { lines, next } = await edge.events(after, 1000);
    if (lines.length === 0) return count;
    count += lines.length;
    after = next;
  }
}

it("brings a lost home back from a backup that was taken while it ran, and the next day goes on", async () => {
  root = await mkdtemp(join(tmpdir(), "haqei-restore-"));
  const first = await startIn("first");
  const report = await (await first.learn()).report;
  expect(report.status).toBe("completed");

  const before = first.users.acknowledged();
  const backingUp = backUp(first.home, join(root, "backup"));
  await first.users.insist(await first.users.ask(20));
  const kept = await backingUp;
  const after = first.users.acknowledged();
  const lostAt = Date.now();
  for (const name of ["edge", "temporal", "pipeline", "compute"] as const) process.kill(first.pidOf(name), "SIGKILL");
  await first.close();
  open.length = 0;
  await rm(first.home.directory, { recursive: true, force: true });

  const begun = performance.now();
  const restored = await restore(homeIn(join(root, "second", "home")), join(root, "backup"));
  expect(restored.digest).toBe(kept.digest);
  const second = await startIn("second");
  await expect
    .poll(async () => (await second.edge.health()).model, { timeout: 60_000, interval: 100 })
    .toBe(report.model?.sha256);
  const recovery = (performance.now() - begun) / 1000;

  // What was acknowledged before the backup began is there; of what came while it was taken, some or all.
  const found = await eventsIn(second.edge);
  expect(found).toBeGreaterThanOrEqual(before);
  expect(found).toBeLessThanOrEqual(after);
  // The history of runs came along, too.
  const history = await second.client().workflow.getHandle(report.workflowId, report.runId).describe();
  expect(history.status.name).toBe("COMPLETED");

  const next = await (await second.learn()).report;
  expect(next.error).toBeUndefined();
  expect(next.status).toBe("completed");
  expect(next.metrics["collect.events"]).toBe(found + second.users.acknowledged());
  await expect
    .poll(async () => (await second.edge.health()).model, { timeout: 60_000, interval: 100 })
    .toBe(next.model?.sha256);
  console.info(
    `backup ${(kept.bytes / 1e6).toFixed(1)} MB in ${kept.seconds.toFixed(1)} s; RPO ${((lostAt - kept.at) / 1000).toFixed(1)} s (age of the backup), RTO ${recovery.toFixed(1)} s; ${after - found} of ${after} events came after it`,
  );
});
