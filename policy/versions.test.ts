import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ModelSchemas, Version } from "#contracts/release.ts";
import {
  BREAKING_ACTIONS,
  type Change,
  candidateVersion,
  changeBetween,
  checkCompatibility,
  compatibilityOf,
  inRange,
  promotedVersion,
} from "./versions.ts";

const number = fc.nat(40);
const parts = fc.tuple(number, number, number);
const candidate = fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined });
const text = ([major, minor, patch]: readonly number[], rc?: number) =>
  `v${major}.${minor}.${patch}${rc === undefined ? "" : `-rc${rc}`}`;
const change = fc.constantFrom<Change>("weights", "features", "breaking");

describe("inRange", () => {
  it("holds for a version exactly where the numbers before the x are its own", () => {
    fc.assert(
      fc.property(parts, parts, candidate, (range, version, rc) => {
        const named = text(version, rc);
        const [major, minor] = range;
        const same = (upTo: number) => range.slice(0, upTo).every((one, at) => one === version[at]);
        expect(inRange(`v${major}.x`, named)).toBe(same(1));
        expect(inRange(`v${major}.${minor}.x`, named)).toBe(same(2));
        expect(inRange(text(range), named)).toBe(same(3));
      }),
    );
  });

  it("holds of every version in its own range, canary or not", () => {
    fc.assert(
      fc.property(parts, candidate, (version, rc) => {
        expect(inRange(`v${version[0]}.${version[1]}.x`, text(version, rc))).toBe(true);
      }),
    );
  });

  it("never throws, and holds for nothing that is no range or no version", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (range, version) => {
        expect(inRange(range, version)).toBe(false);
      }),
    );
    for (const range of ["v1.2.x.x", "1.2.x", "v1.x.3", "vx", "v1.2.x ", "v1.2.xx"])
      expect(inRange(range, "v1.2.3")).toBe(false);
    expect(inRange("v1.2.x", "v1.20.3")).toBe(false);
  });
});

const SCHEMAS: ModelSchemas = { codec: 1, features: 1, normaliser: 1, classes: "a".repeat(64) };

describe("changeBetween", () => {
  it.each([
    [{}, "weights"],
    [{ features: 2 }, "features"],
    [{ normaliser: 2 }, "features"],
    [{ codec: 2 }, "breaking"],
    [{ classes: "b".repeat(64) }, "breaking"],
    [{ features: 2, classes: "b".repeat(64) }, "breaking"],
  ] as const)("%j is %s", (changed, kind) => {
    expect(changeBetween(SCHEMAS, { ...SCHEMAS, ...changed })).toBe(kind);
    expect(changeBetween({ ...SCHEMAS, ...changed }, SCHEMAS)).toBe(kind);
  });
});

describe("candidateVersion", () => {
  it.each([
    [undefined, "weights", [], "v1.0.0-rc1"],
    ["v1.2.3", "weights", [], "v1.2.4-rc1"],
    ["v1.2.3", "features", [], "v1.3.0-rc1"],
    ["v1.2.3", "breaking", [], "v2.0.0-rc1"],
    // The candidate before it was rolled back as a canary.
    ["v1.2.3", "weights", ["v1.2.4-rc1", "v1.2.4-rc2"], "v1.2.4-rc3"],
    // v1.2.4 was released to all and rolled back: its number stays its own.
    ["v1.2.3", "weights", ["v1.2.4-rc1", "v1.2.4"], "v1.2.5-rc1"],
  ] as const)("after %s, for %s, with %j taken, is %s", (current, kind, taken, expected) => {
    expect(candidateVersion(current, kind, taken)).toBe(expected);
    expect(promotedVersion(expected)).toBe(expected.replace(/-rc\d+/, ""));
  });

  it("is a version that was never given, above the current one", () => {
    fc.assert(
      fc.property(parts, change, fc.array(fc.tuple(parts, candidate)), (current, kind, others) => {
        const taken = others.map(([one, rc]) => text(one, rc));
        const next = candidateVersion(text(current), kind, taken);
        expect(Version.safeParse(next).success).toBe(true);
        expect(taken).not.toContain(next);
        expect(taken).not.toContain(promotedVersion(next));
        const [a, b] = [text(current), promotedVersion(next)].map((version) => version.slice(1).split(".").map(Number));
        const first = (b as number[]).findIndex((one, at) => one !== a?.[at]);
        expect(b?.[first]).toBeGreaterThan(a?.[first] as number);
      }),
    );
  });
});

describe("compatibility", () => {
  const matrixOf = (
    version: string,
    current: string | undefined,
    kind: Change,
    given: Parameters<typeof compatibilityOf>[3] = {},
  ) => new Map([[version, compatibilityOf(version, current, kind, given)]]);

  it("has the specification's fields", () => {
    expect(compatibilityOf("v1.2.4-rc1", "v1.2.3", "weights")).toEqual({
      backward_compatible: ["v1.2.x"],
      cache_invalidation: false,
      migration_required: false,
      migration_script: null,
    });
    expect(compatibilityOf("v1.3.0-rc1", "v1.2.3", "features")).toMatchObject({
      backward_compatible: ["v1.3.x", "v1.2.x"],
      cache_invalidation: true,
    });
    expect(compatibilityOf("v2.0.0-rc1", "v1.2.3", "breaking")).toMatchObject({
      backward_compatible: ["v2.0.x"],
      cache_invalidation: true,
    });
    expect(compatibilityOf("v1.2.4-rc1", "v1.2.3", "weights", { migration: "0001-x" })).toMatchObject({
      migration_required: true,
      migration_script: "0001-x",
    });
  });

  it("lets weights and features through, and refuses what breaks unless that was accepted", () => {
    fc.assert(
      fc.property(parts, change, fc.boolean(), fc.boolean(), (numbers, kind, migrated, prepared) => {
        const current = text(numbers);
        const version = candidateVersion(current, kind, []);
        const accepted = prepared ? [version.replace(/\d+-rc1$/, "x")] : [];
        const given = { accepted, migration: migrated ? "m" : undefined };
        const verdict = checkCompatibility(current, version, matrixOf(version, current, kind, given));
        if (kind === "breaking" && !prepared) {
          expect(verdict).toEqual({
            compatible: false,
            reason: "Breaking changes detected",
            actions: BREAKING_ACTIONS,
          });
        } else {
          const expected = { compatible: true, invalidateCache: kind !== "weights", migration: migrated ? "m" : null };
          expect(verdict).toEqual(expected);
        }
      }),
    );
  });

  it("refuses a version it does not know by name, and never throws", () => {
    fc.assert(
      fc.property(fc.option(fc.string(), { nil: undefined }), fc.string(), (current, version) => {
        expect(checkCompatibility(current, version, new Map())).toMatchObject({
          compatible: false,
          reason: "Unknown version",
        });
      }),
    );
    const matrix = matrixOf("v1.0.1", "v1.0.0", "weights");
    expect(checkCompatibility("what is this", "v1.0.1", matrix)).toMatchObject({ reason: "Breaking changes detected" });
  });

  it("lets the first model through", () => {
    expect(checkCompatibility(undefined, "v1.0.0-rc1", matrixOf("v1.0.0-rc1", undefined, "weights"))).toMatchObject({
      compatible: true,
    });
  });
});
