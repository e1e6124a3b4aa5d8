import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Config } from "#contracts/config.ts";
import { fetchEvents, readDays } from "#stores/event-log.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { retainAll } from "./retain.ts";

const DAY = 86_400_000;

it("plans without touching anything; then removes old logs and packs old events, which are read as before", async () => {
  const folder = await mkdtemp(join(tmpdir(), "haqei-retain-"));
  const logs = join(folder, "logs");
  await mkdir(logs);
  for (const name of ["old.log.1", "young.log", "old.txt"]) await writeFile(join(logs, name), name);
  await utimes(join(logs, "old.log.1"), 0, 0);
  const artefacts = folderArtefacts(join(folder, "artefacts"));
  const registry = sqliteRegistry(join(folder, "registry.db"));
  try {
    const now = Date.now();
    const times = [now - 50 * DAY, now - 40 * DAY, now - DAY];
    const lines = times.map((receivedAt, seq) => `{"seq":${seq},"receivedAt":${receivedAt}}`);
    const events = async (after: number) => ({
      lines: lines.slice(after, after + 1),
      next: Math.min(lines.length, after + 1),
    });
    await fetchEvents(registry, artefacts, { events }, () => undefined);
    const read = () => readDays(registry, artefacts, [times[0] as number, now]);
    const before = await read();
    const needs = {
      artefacts,
      released: folderArtefacts(join(folder, "released")),
      registry,
      edge: { pointer: async () => undefined } as unknown as Parameters<typeof retainAll>[0]["edge"],
      now: () => now,
      config: Config.parse({}),
      logs,
    };
    const plan = await retainAll(needs, { plan: true, waiting: [], heldBy: [] });
    expect(plan).toMatchObject({ done: false, logs: [{ name: "old.log.1" }], events: { segments: 2, lines: 2 } });
    expect(await readdir(logs)).toHaveLength(3);

    const done = await retainAll(needs, { plan: false, waiting: [], heldBy: [] });
    expect(done).toMatchObject({ done: true, events: { segments: 2, erased: 0 } });
    expect((await readdir(logs)).sort()).toEqual(["old.txt", "young.log"]);
    expect(await read()).toEqual(before);
    expect((await retainAll(needs, { plan: false, waiting: [], heldBy: [] })).events.segments).toBe(0);
  } finally {
    registry.close();
    await rm(folder, { recursive: true });
  }
});
