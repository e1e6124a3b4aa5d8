import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { basisPoint, bucketOf } from "./bucket.ts";
import { pointerTo } from "./test-support/harness.ts";

const CANARY = "c".repeat(64);
const at = (basisPoints: number) =>
  pointerTo("a".repeat(64), 1, { canary: { sha256: CANARY, version: "v2", basisPoints } });

describe("buckets", () => {
  it("are monotone in the canary's share", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), fc.nat(10_000), fc.nat(10_000), async (person, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        if ((await bucketOf(at(low), person)) === "canary") expect(await bucketOf(at(high), person)).toBe("canary");
        expect(await bucketOf(at(0), person)).toBe("current");
        expect(await bucketOf(at(10_000), person)).toBe("canary");
      }),
      { numRuns: 100 },
    );
  });

  it("give the canary its share of people", async () => {
    const people = Array.from({ length: 2000 }, (_, index) => `user-${index}`);
    const buckets = await Promise.all(people.map((person) => bucketOf(at(2500), person)));
    const share = buckets.filter((bucket) => bucket === "canary").length / people.length;
    // Six standard deviations of a fair draw; the draw is fixed by the names.
    expect(Math.abs(share - 0.25)).toBeLessThan(0.06);
  });

  it("stay where they are, and differ by salt", async () => {
    expect(await basisPoint("salt", "user-1")).toBe(await basisPoint("salt", "user-1"));
    const places = await Promise.all(["a", "b", "c", "d"].map((salt) => basisPoint(salt, "user-1")));
    expect(new Set(places).size).toBeGreaterThan(1);
  });
});
