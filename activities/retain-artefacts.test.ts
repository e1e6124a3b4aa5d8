import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ArtefactKind } from "#contracts/reference.ts";
import { neededBy } from "#policy/retention.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import { fetchEvents } from "#stores/event-log.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import { planArtefacts } from "./retain-artefacts.ts";
import { jsonBytes } from "./stage.ts";

const DAY = 86_400_000;

let folder: string;
let artefacts: ArtefactStore;
let registry: Registry;
let served: { dictionary?: string } | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "haqei-retain-"));
  artefacts = folderArtefacts(join(folder, "artefacts"));
  registry = sqliteRegistry(join(folder, "registry.db"));
  served = undefined;
});
afterEach(async () => {
  registry.close();
  await rm(folder, { recursive: true });
});

let number = 0;
/** An artefact so many days old, made from others. */
async function made(kind: ArtefactKind, days: number, parents: Record<string, string> = {}, bytes?: Uint8Array) {
  const reference = await artefacts.put(kind, bytes ?? new Uint8Array([++number, number >> 8]), {
    producedBy: "test",
    parents: Object.entries(parents).map(([name, sha256]) => ({ name, sha256 })),
    codeDigest: "",
    configDigest: "",
    metrics: {},
  });
  await aged(reference.uri, days);
  return reference.sha256;
}
async function aged(uri: string, days: number): Promise<void> {
  const at = (Date.now() - days * DAY) / 1000;
  await utimes(fileURLToPath(uri), at, at);
}

const plan = (models: string[], heldBy: string[] = []) =>
  planArtefacts(
    {
      artefacts,
      registry,
      edge: { pointer: async () => served } as unknown as Parameters<typeof planArtefacts>[0]["edge"],
    },
    models,
    { before: Date.now() - 30 * DAY, heldBy },
  );

/** A run of so many days ago: a partition, the window that names it, a data set and its model. */
async function run(days: number) {
  const partition = await made("events", days);
  const own = { date: "2026-01-01", sha256: partition, events: 1 };
  const window = await made("window", days, {}, jsonBytes({ schema: 1, days: [own] }));
  const dataset = await made("dataset", days, { window });
  const evaluation = await made("evaluation", days);
  return { partition, window, dataset, evaluation, model: await made("model", days, { dataset }) };
}

it("lets go what an old run made, but for its reports, and nothing that a kept model was made from", async () => {
  const [old, kept] = [await run(40), await run(50)];
  await made("report", 60);
  const { remove, report } = await plan([kept.model]);
  expect(new Set(remove)).toEqual(new Set([old.partition, old.window, old.dataset, old.evaluation, kept.evaluation]));
  expect(report).toMatchObject({ remove: 5, byKind: { events: 1, window: 1, dataset: 1, evaluation: 2 }, heldBy: [] });
});

it("keeps what serves, what is young and what the young was made from", async () => {
  const authored = await made("dataset", 90);
  await made("dataset", 2, { authored });
  served = { dictionary: await made("dictionary", 80) };
  const { partition, window } = await run(40);
  // Made anew from an old window: what the window names is wanted with it.
  await made("dataset", 1, { window });
  const { remove } = await plan([]);
  expect(remove).not.toContain(authored);
  expect(remove).not.toContain(served.dictionary);
  expect(remove).not.toContain(partition);
});

it("never touches the log, and nothing at all while a run is under way", async () => {
  const lines = ['{"seq":0,"receivedAt":5}', '{"seq":1,"receivedAt":6}'];
  const events = async (after: number) => ({ lines: lines.slice(after), next: lines.length });
  await fetchEvents(registry, artefacts, { events }, () => undefined);
  for (const { manifest } of await artefacts.list())
    await aged(`file://${join(folder, "artefacts", "artefacts", manifest.sha256)}`, 300);
  await run(40);
  expect((await plan([])).report.byKind).toEqual({ events: 1, window: 1, dataset: 1, evaluation: 1 });
  expect(await plan([], ["daily-2026-01-01"])).toMatchObject({
    remove: [],
    report: { remove: 0, bytes: 0, heldBy: ["daily-2026-01-01"] },
  });
});

it("what is needed is closed under parents and holds every root, whatever the order and however the parents lie", () => {
  const digests = fc.integer({ min: 0, max: 12 }).map(String);
  const graph = fc.array(fc.tuple(digests, fc.array(digests, { maxLength: 3 })), { maxLength: 13 });
  fc.assert(
    fc.property(graph, fc.array(digests), (edges, roots) => {
      const all = [...new Map(edges)].map(([sha256, parents]) => ({ sha256, parents, storedAt: 0 }));
      const needed = neededBy(roots, all);
      for (const root of roots) expect(needed.has(root)).toBe(true);
      for (const { sha256, parents } of all)
        if (needed.has(sha256)) for (const parent of parents) expect(needed.has(parent)).toBe(true);
      const sources = new Set([...roots, ...all.flatMap(({ parents }) => parents)]);
      for (const one of needed) expect(sources.has(one)).toBe(true);
      expect(neededBy(roots, all.toReversed())).toEqual(needed);
    }),
  );
});
