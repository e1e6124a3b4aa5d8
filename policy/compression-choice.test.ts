import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Candidate, chooseRung } from "./compression-choice.ts";

/** A rung that answers the first `right` of 1,000 dev queries. */
const rung = (name: string, bytes: number, right: number, failed: string[] = []): Candidate => ({
  rung: name,
  bytes,
  passed: failed.length === 0,
  failed,
  correct: Array.from({ length: 1000 }, (_, at) => at < right),
});
const LIMIT = 800_000;

describe("chooseRung (specification 6.2)", () => {
  test("takes the smallest of those that pass and fit, where none is shown to be more accurate", () => {
    const chosen = chooseRung([rung("coded", 300_000, 930), rung("codebook", 320_000, 931)], LIMIT);
    expect(chosen).toMatchObject({ shipped: { rung: "coded" } });
    expect(chosen.warning).toBeUndefined();
  });

  test("takes a larger one that is more accurate by more than noise", () => {
    const candidates = [rung("coded", 300_000, 900), rung("codebook", 320_000, 960), rung("int8", 2_000_000, 999)];
    expect(chooseRung(candidates, LIMIT).shipped.rung).toBe("codebook");
  });

  test("takes the next that passes beyond the limit, with a warning", () => {
    const refused = rung("coded", 300_000, 930, ["vector_retention"]);
    const chosen = chooseRung([rung("float16", 5e6, 930), rung("int8", 2e6, 930), refused], LIMIT);
    expect(chosen.shipped.rung).toBe("int8");
    expect(chosen.warning).toBe("larger than 800000 bytes; coded was refused: vector_retention");
    expect(chooseRung([rung("int8", 2e6, 930)], LIMIT).warning).toBe("larger than 800000 bytes");
  });

  test("hands on the smallest, not passed, where none passes", () => {
    const all = [rung("int8", 2e6, 900, ["accuracy_impact"]), rung("coded", 300_000, 800, ["keyword_coverage"])];
    const { shipped, warning } = chooseRung(all, LIMIT);
    expect(shipped.rung).toBe("coded");
    expect(warning).toBe("no rung passed; coded was refused: keyword_coverage; int8 was refused: accuracy_impact");
  });

  test("never ships what the gate refused while something passes, nor what is too large while something fits", () => {
    const candidate = fc.record({ bytes: fc.integer({ min: 1, max: 2e6 }), right: fc.nat(1000), passed: fc.boolean() });
    fc.assert(
      fc.property(fc.array(candidate, { minLength: 1, maxLength: 5 }), (given) => {
        const all = given.map(({ bytes, right, passed }, at) => rung(`${at}`, bytes, right, passed ? [] : ["x"]));
        const { shipped, warning } = chooseRung(all, LIMIT);
        if (all.some(({ passed }) => passed)) expect(shipped.passed).toBe(true);
        if (all.some(({ passed, bytes }) => passed && bytes <= LIMIT)) {
          expect(shipped.bytes).toBeLessThanOrEqual(LIMIT);
          expect(warning).toBeUndefined();
        } else expect(warning).toBeTypeOf("string");
      }),
    );
  });
});
