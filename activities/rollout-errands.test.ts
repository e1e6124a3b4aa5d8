import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Config } from "#contracts/config.ts";
import { ConflictError, NotReachableError } from "#contracts/errors.ts";
import type { Pointer } from "#contracts/pointer.ts";
import type { Candidate } from "#contracts/rollout.ts";
import { blessedBy } from "#local/test-support/blessed.ts";
import type { EdgeClient } from "#stores/edge.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { readIncidents } from "#stores/incidents.ts";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import { createSigner, newSigningKey } from "#stores/signing.ts";
import { tinyModel } from "../edge/test-support/tiny-model.ts";
import { openIncident } from "./open-incident.ts";
import { openRollout } from "./open-rollout.ts";
import { goBack } from "./roll-back.ts";
import { rollbackOf } from "./rolled-back.ts";
import { setShare } from "./set-share.ts";

const OTHER = "c".repeat(64);
const SIGNER = createSigner(newSigningKey());
const NOTHING = { producedBy: "test", parents: [], codeDigest: "", configDigest: "", metrics: {} };
const config = Config.parse({});
let folder: string;
let registry: Registry;
let pointer: Pointer | undefined;
let candidate: Candidate;
/** Digest of the model that serves. */
let OLD: string;
/** Answers before the edge serves what the pointer says. */
let late = 0;

const edge = {
  pointer: async () => pointer,
  putPointer: async (next: Pointer, expected: number) => {
    if ((pointer?.epoch ?? 0) !== expected) throw new ConflictError("moved meanwhile", "Read it again.");
    pointer = next;
  },
  events: async () => ({ lines: [], next: 77 }),
  forgetExposure: async () => undefined,
  health: async () => ({ model: late-- > 0 ? OTHER : pointer?.current.sha256, epoch: pointer?.epoch }),
  release: async () => ({ canary: pointer?.canary }),
} as unknown as EdgeClient;
const needs = () => ({
  edge,
  registry,
  config,
  now: Date.now,
  artefacts: folderArtefacts(join(folder, "artefacts")),
  released: folderArtefacts(join(folder, "released")),
});
const share = (percentage: number, first = false) => setShare({ edge })({ candidate, percentage, first });
const back = (more: object = {}) =>
  goBack(needs(), { model: candidate.sha256, cause: "errors-worse", at: Date.now() - 100, looks: 5, ...more });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "haqei-rollout-"));
  registry = sqliteRegistry(join(folder, "registry.db"));
  late = 0;
  OLD = (await needs().artefacts.put("model", tinyModel(["two", "one"]), NOTHING)).sha256;
  pointer = {
    schema: 1,
    epoch: 4,
    current: { sha256: OLD, version: "v1.0.4" },
    experiments: [],
    salt: "haqei",
    cacheGeneration: 0,
    readings: OTHER,
  };
  const { sha256 } = await needs().artefacts.put("model", tinyModel(["one", "two"]), NOTHING);
  await needs().released.bless(blessedBy(SIGNER, sha256));
  candidate = { sha256, version: "v1.0.5" };
});
afterEach(() => {
  registry.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("a share", () => {
  it("grows by epochs, under a salt of the rollout's own that stays", async () => {
    expect(await share(5, true)).toEqual({ withdrawn: false, epoch: 5, afterSeq: 77 });
    const salt = pointer?.salt;
    expect(salt).not.toBe("haqei");
    expect(pointer?.canary).toEqual({ sha256: candidate.sha256, version: "v1.0.5-rc1", basisPoints: 500 });
    await share(25);
    expect(pointer).toMatchObject({ epoch: 6, salt, canary: { basisPoints: 2500 }, current: { sha256: OLD } });
    await share(100);
    expect(pointer).toMatchObject({
      epoch: 7,
      current: { sha256: candidate.sha256, version: "v1.0.5" },
      previous: { sha256: OLD },
    });
    expect(pointer?.canary).toBeUndefined();
  });

  it("stands where an attempt before it was cut off", async () => {
    await share(5, true);
    expect(await share(5, true)).toMatchObject({ epoch: 5 });
    await share(100);
    expect(await share(100)).toMatchObject({ withdrawn: false, epoch: 6 });
  });

  it("is given by nobody who finds that the canary was taken away, and takes the place of a left one", async () => {
    expect(await share(25)).toEqual({ withdrawn: true });
    if (pointer) pointer = { ...pointer, canary: { sha256: OTHER, version: "v0", basisPoints: 100 } };
    expect(await share(25)).toEqual({ withdrawn: true });
    expect(await share(5, true)).toMatchObject({ withdrawn: false });
    expect(pointer?.canary?.sha256).toBe(candidate.sha256);
  });
});

describe("a shadow", () => {
  const shadow = (sample = 0.5) => setShare({ edge })({ candidate, percentage: 0, sample, first: true });
  it("is given to nobody, and gives way to its canary under the same salt", async () => {
    expect(await shadow()).toMatchObject({ withdrawn: false, epoch: 5 });
    expect(pointer).toMatchObject({ shadow: { sha256: candidate.sha256, version: "v1.0.5-rc1", sample: 0.5 } });
    expect(pointer?.canary).toBeUndefined();
    expect(await shadow()).toMatchObject({ epoch: 5 });
    const salt = pointer?.salt;
    expect(await share(5)).toMatchObject({ withdrawn: false, epoch: 6 });
    expect(pointer).toMatchObject({ salt, canary: { basisPoints: 500 } });
    expect(pointer?.shadow).toBeUndefined();
  });
  it("is taken back like a canary, without a change for anybody", async () => {
    await shadow();
    expect(await back()).toMatchObject({ sha256: OLD, epoch: 6 });
    expect(pointer?.shadow).toBeUndefined();
    expect(pointer?.current.sha256).toBe(OLD);
  });
  it("takes the place of a canary that a broken-off rollout left, and of another shadow", async () => {
    if (pointer) {
      pointer.canary = { sha256: OTHER, version: "v0", basisPoints: 100 };
      pointer.shadow = { sha256: OTHER, version: "v0", sample: 0.1 };
    }
    await shadow();
    expect(pointer).toMatchObject({ shadow: { sha256: candidate.sha256 } });
    expect(pointer?.canary).toBeUndefined();
  });
});

describe("going back", () => {
  it("drops the canary, is confirmed by answers in a row, and remembers why", async () => {
    await share(25, true);
    late = 3;
    const done = await back({ person: "mika" });
    expect(done).toMatchObject({ sha256: OLD, epoch: 6, looks: 5 });
    expect(done.seconds).toBeGreaterThanOrEqual(0.1);
    expect(pointer?.canary).toBeUndefined();
    expect(await rollbackOf(registry, candidate.sha256)).toMatchObject({ cause: "errors-worse", person: "mika" });
  });

  it("gives a current model up for the one before, with its readings, never for itself again", async () => {
    await share(100, true);
    await back({ readings: OTHER });
    expect(pointer).toMatchObject({ epoch: 6, current: { sha256: OLD }, readings: OTHER });
    expect(pointer?.previous).toBeUndefined();
    await expect(goBack(needs(), { cause: "again", at: 0, looks: 1 })).rejects.toMatchObject({ name: "InputError" });
  });

  it("moves nothing twice", async () => {
    await share(25, true);
    await back();
    expect((await back()).epoch).toBe(6);
  });

  it("is not done while the edge does not confirm it: it is asked again", async () => {
    await share(25, true);
    late = Number.POSITIVE_INFINITY;
    let clock = 0;
    const impatient = { ...needs(), now: () => (clock += 20_000) };
    await expect(goBack(impatient, { model: candidate.sha256, cause: "x", at: 0, looks: 2 })).rejects.toThrow(
      NotReachableError,
    );
  });
});

describe("a rollout is opened", () => {
  it("with its policy, and the model where the edge reads it", async () => {
    const opened = await openRollout(needs())(candidate);
    expect(opened).toMatchObject({ policy: config.release, readings: OTHER });
    expect(opened.refused).toBeUndefined();
    expect(await needs().released.has(candidate)).toBe(true);
  });

  it("never of one without a blessing, or of one that breaks what serves; both say why", async () => {
    const refused = async (texts: string[], isBlessed: boolean) => {
      const { sha256 } = await needs().artefacts.put("model", tinyModel(texts), NOTHING);
      if (isBlessed) await needs().released.bless(blessedBy(SIGNER, sha256));
      return (await openRollout(needs())({ sha256, version: "v1.0.6" })).refused;
    };
    expect(await refused(["three", "four"], false)).toContain("no blessing");
    expect(await refused(["one", "two", "three"], true)).toContain("Breaking changes detected");
    expect(await refused(["three", "four"], true)).toBeUndefined();
  });

  it("never of what is current, nor before a first release, nor again of what was rolled back but by a person", async () => {
    const refused = async (one: Candidate) => (await openRollout(needs())(one)).refused;
    expect(await refused({ sha256: OLD, version: "v1" })).toContain("current model already");
    await share(5, true);
    await back();
    expect(await refused(candidate)).toContain("errors-worse");
    expect(await refused({ ...candidate, person: "mika", reason: "mended" })).toBeUndefined();
    pointer = undefined;
    expect(await refused(candidate)).toContain("nothing is released");
  });
});

it("writes an incident down once an id, and once a cause while it is open, newest first", async () => {
  const incident = (id: string, cause: string) => ({ id, level: 3 as const, cause, opened: 1, timeline: [] });
  const begun: string[] = [];
  const open = openIncident({ registry }, async ({ id }) => void begun.push(id));
  for (const [id, cause] of [
    ["one", "release-rolled-back"],
    ["two", "release-frozen"],
    ["one", "release-rolled-back"],
    ["three", "release-rolled-back"],
  ] as const)
    await open(incident(id, cause));
  expect((await readIncidents(registry)).map(({ id }) => id)).toEqual(["two", "one"]);
  // The workflow of the cause hears of each.
  expect(begun).toEqual(["one", "two", "one", "three"]);
});
