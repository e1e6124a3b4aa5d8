import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Pointer } from "#contracts/pointer.ts";
import { assign, experimentFault, placeOf } from "./buckets.ts";

const current = { sha256: "a".repeat(64), version: "v1" };
const canary = (basisPoints: number) => ({ sha256: "c".repeat(64), version: "v2", basisPoints });
const arm = (name: string, letter: string, basisPoints: number) => ({ name, sha256: letter.repeat(64), basisPoints });
const pointer = (more: Partial<Pointer> = {}): Pointer => ({
  schema: 1,
  epoch: 1,
  current,
  experiments: [],
  salt: "salt",
  cacheGeneration: 0,
  ...more,
});
/** Specification 2.3: experimental and control take 5% each, the rest stays with the current model. */
const weekly = { name: "week-47", salt: "week-47", arms: [arm("experimental", "e", 500), arm("control", "a", 500)] };
const people = Array.from({ length: 20_000 }, (_, index) => `user-${index}`);
const shareOf = (asked: Pointer, bucket: string) =>
  people.filter((person) => assign(asked, person).bucket === bucket).length / people.length;

describe("places", () => {
  it.each([
    ["seed", "a", 505],
    ["seed", "b", 2696],
    ["foo", "ab", 2575],
  ])("are GrowthBook's: (%s, %s) stands at %i", (salt, id, place) => {
    expect(placeOf(salt, id)).toBe(place);
  });

  it("are below 10,000 for any id", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (salt, id) => {
        const place = placeOf(salt, id);
        expect(place).toBeGreaterThanOrEqual(0);
        expect(place).toBeLessThan(10_000);
      }),
    );
  });
});

describe("assignment", () => {
  it("is monotone in the canary's share", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(10_000), fc.nat(10_000), (person, a, b) => {
        const bucketAt = (share: number) => assign(pointer({ canary: canary(share) }), person).bucket;
        if (bucketAt(Math.min(a, b)) === "canary") expect(bucketAt(Math.max(a, b))).toBe("canary");
        expect(bucketAt(0)).toBe("current");
        expect(bucketAt(10_000)).toBe("canary");
      }),
    );
  });

  it("gives canary and arms their shares, and each arm its model", () => {
    const asked = pointer({ experiments: [weekly] });
    // Six standard deviations of a fair draw of 20,000; the draw is fixed by the names.
    expect(Math.abs(shareOf(pointer({ canary: canary(2500) }), "canary") - 0.25)).toBeLessThan(0.02);
    expect(Math.abs(shareOf(asked, "week-47/experimental") - 0.05)).toBeLessThan(0.01);
    expect(Math.abs(shareOf(asked, "week-47/control") - 0.05)).toBeLessThan(0.01);
    expect(Math.abs(shareOf(asked, "current") - 0.9)).toBeLessThan(0.02);
    const of = (bucket: string) => people.map((person) => assign(asked, person)).find((one) => one.bucket === bucket);
    expect(of("week-47/experimental")).toMatchObject({ sha256: "e".repeat(64), version: "e".repeat(12) });
    expect(of("week-47/control")).toMatchObject({ ...current });
  });

  it("by one salt tells nothing of another: the canary takes its share of every arm", () => {
    const asked = pointer({ canary: canary(5000), experiments: [weekly] });
    expect(Math.abs(shareOf(asked, "week-47/experimental") - 0.025)).toBeLessThan(0.007);
  });

  it("is the current model's for those unknown", () => {
    expect(assign(pointer({ canary: canary(10_000), experiments: [weekly] }), undefined)).toEqual({
      bucket: "current",
      ...current,
    });
  });
});

describe("a fault of experiments", () => {
  it.each<[string, Partial<Pointer>]>([
    ["one salt", { salt: "week-47", experiments: [weekly] }],
    ["one salt", { experiments: [weekly, { ...weekly, name: "other" }] }],
    ["one name", { experiments: [weekly, { ...weekly, salt: "other" }] }],
    ["everybody", { experiments: [{ ...weekly, arms: [arm("a", "a", 9000), arm("b", "b", 1001)] }] }],
  ])("is named: %s", (said, more) => {
    expect(experimentFault(pointer(more))).toContain(said);
  });

  it("is not there", () => {
    expect(experimentFault(pointer({ experiments: [weekly] }))).toBeUndefined();
  });
});
