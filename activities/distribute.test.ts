import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Config } from "#contracts/config.ts";
import { ConflictError, NotReachableError } from "#contracts/errors.ts";
import type { Example } from "#contracts/example.ts";
import type { Pointer } from "#contracts/pointer.ts";
import type { ArtefactReference } from "#contracts/reference.ts";
import type { Candidate } from "#contracts/rollout.ts";
import { toArrow } from "#datasets/arrow.ts";
import { tinyModel } from "#edge/test-support/tiny-model.ts";
import { blessingFault } from "#policy/blessing.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import { releasedDictionary } from "#stores/released-dictionary.ts";
import { readReleases } from "#stores/releases.ts";
import { createSigner, newSigningKey } from "#stores/signing.ts";
import { distribute } from "./distribute.ts";
import { outstanding } from "./migrations.ts";
import { rememberRollback } from "./rolled-back.ts";
import { jsonBytes } from "./stage.ts";

const NOTHING = { producedBy: "test", parents: [], codeDigest: "", configDigest: "", metrics: {} };
const NONE = "a".repeat(64);
const POLICY = "b".repeat(64);
const SIGNER = createSigner(newSigningKey());

/** Puts a blessing as `06:deploy` does, and answers its digest. */
async function blessed(artefact: string, { by = SIGNER, policy = POLICY } = {}): Promise<string> {
  const claim = { artefact, evaluationSet: NONE, code: NONE, policy, metrics: {}, at: "2026-01-02T03:04:05Z" };
  return (await artefacts.put("blessing", jsonBytes(by.bless({ schema: 1, ...claim })), NOTHING)).sha256;
}

let folder: string;
let artefacts: ArtefactStore;
let released: ArtefactStore;
let model: ArtefactReference;
let dictionary: ArtefactReference;
let registry: Registry;
/** Queries that were warmed; whether the edge takes them. */
let warmed: string[][];
let warms: boolean;
/** Digest of a model that served before. */
let OLD: string;
let pointer: Pointer | undefined;
/** Every pointer that was put, in order. */
let moves: Pointer[];
let acceptBreaking: string[];
/** Candidates that were offered to a rollout. */
let offered: Candidate[];
/** What the edge says that it serves. */
let serves: (pointed: Pointer | undefined) => { model: string; epoch: number };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "haqei-distribute-"));
  artefacts = folderArtefacts(join(folder, "artefacts"));
  released = folderArtefacts(join(folder, "released"));
  model = await artefacts.put("model", tinyModel(["one", "two"]), NOTHING);
  dictionary = await artefacts.put("dictionary", new TextEncoder().encode("a dictionary"), NOTHING);
  OLD = (await released.put("model", tinyModel(["two", "one"]), NOTHING)).sha256;
  registry = sqliteRegistry(join(folder, "registry.db"));
  warmed = [];
  warms = true;
  pointer = undefined;
  moves = [];
  acceptBreaking = [];
  offered = [];
  serves = (pointed) => ({ model: pointed?.current.sha256 ?? "", epoch: pointed?.epoch ?? 0 });
});
afterEach(async () => {
  registry.close();
  await rm(folder, { recursive: true });
});

const edge = {
  pointer: async () => pointer,
  putPointer: async (next: Pointer, expected: number) => {
    if ((pointer?.epoch ?? 0) !== expected) throw new ConflictError("moved meanwhile", "Read it again.");
    moves.push(next);
    pointer = SIGNER.signPointer(next);
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

let kind: "emergency" | undefined;
async function release(action: "promote" | "hold", asked = true, proof?: string | null) {
  const verdict = { action, reason: "first-model", evidence: {}, policyDigest: POLICY };
  const blessing = proof === undefined ? await blessed(model.sha256) : (proof ?? undefined);
  const given = { decision: jsonBytes({ schema: 1, verdict, blessing }), ...(await inputs()) };
  const { warm, dictionary: words, preprocess } = Config.parse({});
  return distribute({
    artefacts,
    scratch: "",
    released,
    registry,
    signer: SIGNER,
    offer: async (candidate) => {
      offered.push(candidate);
      return "started";
    },
    edge: edge as unknown as Parameters<typeof distribute>[0]["edge"],
  })({
    call: {
      stage: "07:distribute",
      activity: "distribute",
      asked: { release: asked, ...(kind ? { kind } : {}) },
      inputs: { model, decision: model, dictionary },
      settings: { distribute: { confirmSeconds: 0.5, acceptBreaking }, warm, dictionary: words, preprocess },
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

describe("the very first model", () => {
  it("is uploaded by digest and served at once", async () => {
    const { metrics } = await release("promote");
    expect(await released.has(model)).toBe(true);
    expect(moves).toEqual([
      expect.objectContaining({ epoch: 1, current: { sha256: model.sha256, version: "v1.0.0" } }),
    ]);
    expect(metrics).toMatchObject({ released: true, epoch: 1, model: model.sha256 });
    expect((await readReleases(registry)).map(({ version }) => version)).toEqual(["v1.0.0"]);
  });

  it("fails where the edge does not come to serve it, and takes back what was migrated", async () => {
    serves = () => ({ model: "", epoch: 0 });
    await expect(release("promote")).rejects.toMatchObject({ name: "ReleaseError" });
    expect(await outstanding(registry)).toEqual(["0001-release-records"]);
  });

  it("is released with its dictionary, which is remembered", async () => {
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

  it("moves nothing a second time where an attempt before it was cut off", async () => {
    pointer = SIGNER.signPointer(served(model.sha256, 9));
    expect((await release("promote")).metrics).toMatchObject({ released: true, epoch: 9 });
    expect(moves).toEqual([]);
  });

  it("is whichever comes first after pointers began to be signed", async () => {
    pointer = served(OLD, 9);
    expect((await release("promote")).metrics).toMatchObject({ released: true, epoch: 10 });
  });
});

describe("any later model", () => {
  beforeEach(() => {
    pointer = SIGNER.signPointer(served(OLD, 4));
  });

  it("is offered to a rollout with all it needs, and no pointer is moved", async () => {
    const { metrics } = await release("promote");
    expect(await released.has(model)).toBe(true);
    expect(moves).toEqual([]);
    expect(offered).toEqual([{ sha256: model.sha256, version: "v1.0.5", dictionary: dictionary.sha256 }]);
    expect(metrics).toMatchObject({ released: false, rollout: "started", model: model.sha256 });
    expect(warmed).toEqual([]);
  });

  it("of an emergency is urgent: it is not kept in shadow", async () => {
    kind = "emergency";
    await release("promote").finally(() => {
      kind = undefined;
    });
    expect(offered).toEqual([expect.objectContaining({ sha256: model.sha256, urgent: true })]);
  });

  it("keeps its version when it is offered again", async () => {
    await release("promote");
    await release("promote");
    expect(offered.map(({ version }) => version)).toEqual(["v1.0.5", "v1.0.5"]);
  });

  it("is not offered where it was rolled back", async () => {
    await rememberRollback(registry, model.sha256, { at: 1, cause: "errors-worse" });
    expect((await release("promote")).metrics).toMatchObject({ released: false, reason: "rolled-back" });
    expect(offered).toEqual([]);
  });

  it("is refused before anything is switched or migrated where it breaks clients, unless that was accepted", async () => {
    model = await artefacts.put("model", tinyModel(["one", "two", "three"]), NOTHING);
    const refused = await release("promote");
    expect(refused.metrics).toEqual({ released: false, reason: "Breaking changes detected" });
    expect(refused.summary).toContain("run migration script; clear cache; update client code");
    expect(offered).toEqual([]);
    expect(await outstanding(registry)).toEqual(["0001-release-records"]);

    acceptBreaking = ["v2.0.x"];
    await release("promote");
    expect(offered.map(({ version }) => version)).toEqual(["v2.0.0"]);
  });
});

describe("a blessing", () => {
  it("is uploaded beside the model", async () => {
    await release("promote");
    expect(await blessingFault(await released.blessing(model), { artefact: model.sha256 }, SIGNER.verify)).toBe(
      undefined,
    );
  });

  it("that is missing, a stranger's, another model's or for another policy is refused", async () => {
    const stranger = createSigner(newSigningKey());
    const proofs: [string, string | null][] = [
      ["has no blessing", null],
      ["not signed by a key", await blessed(model.sha256, { by: stranger })],
      ["for another model", await blessed(NONE)],
      ["for another policy", await blessed(model.sha256, { policy: NONE })],
    ];
    for (const [why, proof] of proofs) {
      await expect(release("promote", true, proof)).rejects.toMatchObject({
        name: "BlessingError",
        message: expect.stringContaining(why),
      });
    }
    expect(await released.has(model)).toBe(false);
    expect(moves).toEqual([]);
  });
});

it("releases nothing on hold, or where it was asked not to", async () => {
  expect((await release("hold")).metrics).toMatchObject({ released: false, reason: "first-model" });
  expect((await release("promote", false)).metrics).toMatchObject({ released: false, reason: "no-release" });
  expect(moves).toEqual([]);
  expect(await released.has(model)).toBe(false);
});
