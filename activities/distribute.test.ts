import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Config } from "#contracts/config.ts";
import { ConflictError, NotReachableError } from "#contracts/errors.ts";
import type { Example } from "#contracts/example.ts";
import type { Pointer } from "#contracts/pointer.ts";
import type { ArtefactReference } from "#contracts/reference.ts";
import { toArrow } from "#datasets/arrow.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import { releasedDictionary } from "#stores/released-dictionary.ts";
import { distribute, nextVersion } from "./distribute.ts";
import { jsonBytes } from "./stage.ts";

const NOTHING = { producedBy: "test", parents: [], codeDigest: "", configDigest: "", metrics: {} };
const OLD = "a".repeat(64);

let folder: string;
let artefacts: ArtefactStore;
let released: ArtefactStore;
let model: ArtefactReference;
let dictionary: ArtefactReference;
let registry: Registry;
/** Queries that were warmed; whether the edge takes them. */
let warmed: string[][];
let warms: boolean;
let pointer: Pointer | undefined;
/** Every pointer that was put, in order. */
let moves: Pointer[];
/** What the edge says that it serves. */
let serves: (pointed: Pointer | undefined) => { model: string; epoch: number };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "haqei-distribute-"));
  artefacts = folderArtefacts(join(folder, "artefacts"));
  released = folderArtefacts(join(folder, "released"));
  model = await artefacts.put("model", new TextEncoder().encode("a model"), NOTHING);
  dictionary = await artefacts.put("dictionary", new TextEncoder().encode("a dictionary"), NOTHING);
  registry = sqliteRegistry(join(folder, "registry.db"));
  warmed = [];
  warms = true;
  pointer = undefined;
  moves = [];
  serves = (pointed) => ({ model: pointed?.current.sha256 ?? "", epoch: pointed?.epoch ?? 0 });
});
afterEach(() => {
  registry.close();
  return rm(folder, { recursive: true });
});

const edge = {
  pointer: async () => pointer,
  putPointer: async (next: Pointer, expected: number) => {
    if ((pointer?.epoch ?? 0) !== expected) throw new ConflictError("moved meanwhile", "Read it again.");
    moves.push(next);
    pointer = next;
  },
  warm: async (queries: string[]) => {
    if (!warms) throw new NotReachableError("away", "Start it.");
    warmed.push(queries);
    return queries.length;
  },
  health: async () => ({ ok: true, version: "", loaded: true, fallback: false, uptimeSeconds: 1, ...serves(pointer) }),
};

const asked = (seq: number, user: string, text: string) =>
  JSON.stringify({
    ...{ seq, id: `e${seq}`, type: "click", at: 1, receivedAt: seq, user, shownId: 1 },
    served: { model: OLD, bucket: "current", shown: [1], propensity: 1, textHash: text, lang: "ja", at: 1, text },
  });
const authored = (text: string, split: Example["split"]): Example => ({
  ...{ id: text, label: "1", text, lang: "ja", split, weight: 1, source: "authored", family: text, acceptable: [] },
});

/** A window of one day, in which five users asked one thing and one another, and the authored data. */
async function inputs(): Promise<Record<string, Uint8Array>> {
  const lines = [
    ...["a", "b", "c", "d", "e"].map((user, at) => asked(at + 1, user, "転職したい")),
    asked(6, "a", "秘密の相談"),
  ];
  const day = await artefacts.put("events", new TextEncoder().encode(lines.join("\n")), NOTHING);
  return {
    window: jsonBytes({ schema: 1, days: [{ date: "2026-11-24", sha256: day.sha256, events: lines.length }] }),
    authored: toArrow({ examples: [authored("独立する", "train"), authored("試験の文", "test")], classes: ["1"] }),
  };
}

async function release(action: "promote" | "hold", asked = true) {
  const verdict = { action, reason: "first-model", evidence: {}, policyDigest: "p" };
  const given = { decision: jsonBytes({ schema: 1, verdict }), ...(await inputs()) };
  const { warm, dictionary: words, preprocess } = Config.parse({});
  return distribute({
    artefacts,
    released,
    registry,
    edge: edge as unknown as Parameters<typeof distribute>[0]["edge"],
  })({
    call: {
      stage: "07:distribute",
      activity: "distribute",
      asked: { release: asked },
      inputs: { model, decision: model, dictionary },
      settings: { distribute: { confirmSeconds: 0.5 }, warm, dictionary: words, preprocess },
      key: "k",
    },
    signal: new AbortController().signal,
    report: () => undefined,
    input: async (role) => given[role as keyof typeof given] as Uint8Array,
  });
}

const served = (sha256: string, epoch: number): Pointer => ({
  schema: 1,
  epoch,
  current: { sha256, version: "v1.0.4" },
  experiments: [],
  salt: "haqei",
  cacheGeneration: 0,
});

describe("distribute", () => {
  it("uploads by digest, points one epoch higher, and keeps what served before", async () => {
    pointer = served(OLD, 4);
    const { metrics } = await release("promote");
    expect(await released.has(model)).toBe(true);
    expect(moves).toEqual([
      expect.objectContaining({
        epoch: 5,
        current: { sha256: model.sha256, version: "v1.0.5" },
        previous: { sha256: OLD, version: "v1.0.4" },
      }),
    ]);
    expect(metrics).toMatchObject({ released: true, epoch: 5, model: model.sha256 });
  });

  it("releases the dictionary with the model, and remembers which it was", async () => {
    await release("promote");
    expect(await released.has(dictionary)).toBe(true);
    expect(moves[0]?.dictionary).toBe(dictionary.sha256);
    expect(await releasedDictionary(registry)).toBe(dictionary.sha256);
  });

  it("warms once what enough users asked and what authors wrote to learn from, and nothing that one person wrote", async () => {
    const { timings } = await release("promote");
    expect(warmed).toEqual([["転職したい", "独立する"]]);
    expect(timings).toEqual({ warm_queries: 2, warmed: 2 });
  });

  it("stands though nothing could be warmed; what was not released is not warmed", async () => {
    warms = false;
    expect(await release("promote")).toMatchObject({ metrics: { released: true }, timings: { warmed: 0 } });
    warms = true;
    await release("hold");
    expect(warmed).toEqual([]);
  });

  it("points back at a yet higher epoch where the edge does not come to serve the model", async () => {
    pointer = served(OLD, 4);
    serves = () => ({ model: OLD, epoch: 4 });
    await expect(release("promote")).rejects.toMatchObject({
      name: "ReleaseError",
      message: expect.stringContaining("moved back"),
    });
    expect(moves.map(({ epoch, current }) => [epoch, current.sha256])).toEqual([
      [5, model.sha256],
      [6, OLD],
    ]);
  });

  it("moves nothing a second time where an attempt before it was cut off", async () => {
    pointer = served(model.sha256, 9);
    expect((await release("promote")).metrics).toMatchObject({ released: true, epoch: 9 });
    expect(moves).toEqual([]);
  });

  it("releases nothing on hold, or where it was asked not to", async () => {
    expect((await release("hold")).metrics).toMatchObject({ released: false, reason: "first-model" });
    expect((await release("promote", false)).metrics).toMatchObject({ released: false, reason: "no-release" });
    expect(moves).toEqual([]);
    expect(await released.has(model)).toBe(false);
  });
});

describe("nextVersion", () => {
  it("raises the patch, since only weights changed, and begins at v1.0.0", () => {
    expect(nextVersion(undefined)).toBe("v1.0.0");
    expect(nextVersion("v1.0.0")).toBe("v1.0.1");
    expect(nextVersion("v2.7.9")).toBe("v2.7.10");
    expect(nextVersion("v1.2.4-rc1")).toBe("v1.2.5");
  });
});
