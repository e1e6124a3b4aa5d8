import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Pointer } from "#contracts/pointer.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import { retainModels } from "./retain-models.ts";

const LATER = 10 * 86_400_000;

let folder: string;
let artefacts: ArtefactStore;
let released: ArtefactStore;
let registry: Registry;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "haqei-retain-"));
  artefacts = folderArtefacts(join(folder, "artefacts"));
  released = folderArtefacts(join(folder, "released"));
  registry = sqliteRegistry(join(folder, "registry.db"));
});
afterEach(async () => {
  registry.close();
  await rm(folder, { recursive: true });
});

const provenance = (producedBy: string, original?: string) => ({
  producedBy,
  parents: original ? [{ name: "model", sha256: original }] : [],
  codeDigest: "",
  configDigest: "",
  metrics: {},
});

/** A day's model as trained and as shipped; the shipped one is in R2 too. Answers their digests. */
async function day(index: number): Promise<{ original: string; shipped: string }> {
  const { sha256: original } = await artefacts.put("model", new Uint8Array([index, 0]), provenance("03:train"));
  const bytes = new Uint8Array([index, 1]);
  const { sha256: shipped } = await artefacts.put("model", bytes, provenance("05:compress", original));
  await released.put("model", bytes, provenance("05:compress", original));
  return { original, shipped };
}

const retain = (pointer: Pointer | undefined, ms: number, waiting?: string[]) =>
  retainModels({
    artefacts,
    released,
    registry,
    edge: { pointer: async () => pointer } as Parameters<typeof retainModels>[0]["edge"],
    now: () => Date.now() + ms,
  })(waiting);

it("leaves five, what is served and waiting, and their originals; the manifests of all; and does nothing twice", async () => {
  const days = [];
  for (let index = 0; index < 9; index++) days.push(await day(index));
  const [current, previous, waiting] = days.map(({ shipped }) => shipped) as [string, string, string];
  const dataset = await artefacts.put("dataset", new Uint8Array(1), provenance("02:preprocess"));
  const pointer: Pointer = {
    schema: 1,
    epoch: 1,
    current: { sha256: current, version: "v1" },
    previous: { sha256: previous, version: "v0" },
    experiments: [],
    salt: "s",
    cacheGeneration: 0,
  };
  const plan = await retain(pointer, LATER, [waiting]);
  expect(plan.remove).toHaveLength(2);
  const whys = new Map(plan.keep.map(({ sha256, why }) => [sha256, why]));
  expect(whys.get(current)).toBe("current");
  expect(whys.get(previous)).toBe("previous");
  expect(whys.get(waiting)).toBe("rollout");
  expect([...whys.values()].filter((why) => why === "latest")).toHaveLength(5);
  for (const { shipped, original } of days) {
    const kept = whys.has(shipped);
    expect([await artefacts.has({ sha256: shipped }), await released.has({ sha256: shipped })]).toEqual([kept, kept]);
    expect(await artefacts.has({ sha256: original })).toBe(kept);
    expect((await artefacts.manifest({ sha256: shipped })).producedBy).toBe("05:compress");
  }
  expect(await artefacts.has(dataset)).toBe(true);
  expect((await retain(pointer, LATER, [waiting])).remove).toEqual([]);
});

it("takes nothing from a run that is under way", async () => {
  for (let index = 0; index < 7; index++) await day(index);
  expect((await retain(undefined, 0)).remove).toEqual([]);
  expect((await retain(undefined, LATER)).remove).toHaveLength(4);
});
