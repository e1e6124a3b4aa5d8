import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConflictError } from "#contracts/errors.ts";
import type { Pointer } from "#contracts/pointer.ts";
import type { ArtefactReference } from "#contracts/reference.ts";
import type { Candidate } from "#contracts/rollout.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import type { Registry } from "#stores/registry.ts";
import { distribute, nextVersion } from "./distribute.ts";
import { jsonBytes } from "./stage.ts";

const NOTHING = { producedBy: "test", parents: [], codeDigest: "", configDigest: "", metrics: {} };
const OLD = "a".repeat(64);

let folder: string;
let artefacts: ArtefactStore;
let released: ArtefactStore;
let model: ArtefactReference;
let pointer: Pointer | undefined;
/** Every pointer that was put, in order. */
let moves: Pointer[];
/** Candidates that were offered to a rollout. */
let offered: Candidate[];
/** Models that were rolled back. */
let rolledBack: string[];
/** What the edge says that it serves. */
let serves: (pointed: Pointer | undefined) => { model: string; epoch: number };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "haqei-distribute-"));
  artefacts = folderArtefacts(join(folder, "artefacts"));
  released = folderArtefacts(join(folder, "released"));
  model = await artefacts.put("model", new TextEncoder().encode("a model"), NOTHING);
  pointer = undefined;
  moves = [];
  offered = [];
  rolledBack = [];
  serves = (pointed) => ({ model: pointed?.current.sha256 ?? "", epoch: pointed?.epoch ?? 0 });
});
afterEach(() => rm(folder, { recursive: true }));

const edge = {
  pointer: async () => pointer,
  putPointer: async (next: Pointer, expected: number) => {
    if ((pointer?.epoch ?? 0) !== expected) throw new ConflictError("moved meanwhile", "Read it again.");
    moves.push(next);
    pointer = next;
  },
  health: async () => ({ ok: true, version: "", loaded: true, fallback: false, uptimeSeconds: 1, ...serves(pointer) }),
};

async function release(action: "promote" | "hold", asked = true) {
  const verdict = { action, reason: "first-model", evidence: {}, policyDigest: "p" };
  const registry = {
    read: async (name: string) => ({
      value: rolledBack.some((sha256) => name === `rolled-back/${sha256}`)
        ? { at: 1, cause: "errors-worse" }
        : undefined,
      epoch: 1,
    }),
  } as unknown as Registry;
  const offer = async (candidate: Candidate) => {
    offered.push(candidate);
    return "started" as const;
  };
  return distribute({
    artefacts,
    released,
    registry,
    offer,
    edge: edge as unknown as Parameters<typeof distribute>[0]["edge"],
  })({
    call: {
      stage: "07:distribute",
      activity: "distribute",
      asked: { release: asked },
      inputs: { model, decision: model },
      settings: { distribute: { confirmSeconds: 0.5 } },
      key: "k",
    },
    signal: new AbortController().signal,
    report: () => undefined,
    input: async () => jsonBytes({ schema: 1, verdict }),
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
  it("uploads by digest and points to the very first model at once", async () => {
    const { metrics } = await release("promote");
    expect(await released.has(model)).toBe(true);
    expect(moves).toEqual([
      expect.objectContaining({ epoch: 1, current: { sha256: model.sha256, version: "v1.0.0" } }),
    ]);
    expect(metrics).toMatchObject({ released: true, epoch: 1, model: model.sha256 });
  });

  it("fails where the edge does not come to serve the first model", async () => {
    serves = () => ({ model: "", epoch: 0 });
    await expect(release("promote")).rejects.toMatchObject({ name: "ReleaseError" });
  });

  it("offers any later model to a rollout and moves no pointer itself", async () => {
    pointer = served(OLD, 4);
    const { metrics } = await release("promote");
    expect(await released.has(model)).toBe(true);
    expect(moves).toEqual([]);
    expect(offered).toEqual([{ sha256: model.sha256, version: "v1.0.5" }]);
    expect(metrics).toMatchObject({ released: false, rollout: "started", model: model.sha256 });
  });

  it("offers no model that was rolled back", async () => {
    pointer = served(OLD, 4);
    rolledBack = [model.sha256];
    expect((await release("promote")).metrics).toMatchObject({ released: false, reason: "rolled-back" });
    expect(offered).toEqual([]);
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
