import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type KeptModel, planRetention } from "./retention.ts";

const model = (sha256: string, storedAt: number, original?: string): KeptModel => ({
  sha256,
  storedAt,
  ...(original ? { original } : {}),
});

describe("planRetention", () => {
  it("keeps the five latest with what they were compressed from, and what is referred to", () => {
    const models = Array.from({ length: 8 }, (_, day) => model(`m${day}`, day, `o${day}`));
    const originals = [...models.map(({ original }) => original as string), "orphan"];
    const plan = planRetention(models, originals, new Map([["m0", "previous"]]));
    expect(plan.remove).toEqual(["m1", "m2", "o1", "o2", "orphan"]);
    expect(plan.keep).toContainEqual({ sha256: "m0", why: "previous" });
    expect(plan.keep).toContainEqual({ sha256: "m7", why: "latest" });
    expect(plan.keep).toContainEqual({ sha256: "o0", why: "original of m0" });
  });

  it("never removes what is referred to, keeps no fewer than five, and names each model once", () => {
    const digests = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 20 });
    fc.assert(
      fc.property(digests, digests, fc.array(fc.nat(9), { minLength: 20, maxLength: 20 }), (here, wanted, times) => {
        const models = here.map((one, index) => model(`m${one}`, times[index] as number));
        const referenced = new Map(wanted.map((one) => [`m${one}`, "pointer"]));
        const { keep, remove } = planRetention(models, [], referenced);
        for (const sha256 of remove) expect(referenced.has(sha256)).toBe(false);
        expect(keep.length).toBeGreaterThanOrEqual(Math.min(5, models.length));
        expect([...keep.map(({ sha256 }) => sha256), ...remove].sort()).toEqual(
          models.map(({ sha256 }) => sha256).sort(),
        );
        const youngest = Math.max(
          -1,
          ...models.filter((one) => remove.includes(one.sha256)).map((one) => one.storedAt),
        );
        const latest = keep.filter(({ why }) => why === "latest");
        for (const { sha256 } of latest)
          expect(models.find((one) => one.sha256 === sha256)?.storedAt).toBeGreaterThanOrEqual(youngest);
      }),
    );
  });

  it("forgets nothing where nothing is kept", () => {
    expect(planRetention([], [], new Map([["gone", "pointer"]]))).toEqual({ keep: [], remove: [] });
  });
});
