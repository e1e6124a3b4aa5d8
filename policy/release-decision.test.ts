import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Config } from "#contracts/config.ts";
import { Verdict } from "#contracts/verdict.ts";
import { decideRelease, type ReleaseEvidence, type Top1 } from "./release-decision.ts";

const { deploy, compression } = Config.parse({});
const limits = { ...deploy, accuracy_impact: compression.accuracy_impact };
const decide = (evidence: ReleaseEvidence) => decideRelease(evidence, limits, "policy");

const top1 = (value: number, n = 768): Top1 => ({
  n,
  value,
  lo: Math.max(0, value - 0.03),
  hi: Math.min(1, value + 0.03),
});
const against = (n: number, worse: number, better: number) => ({ n, worse, better });

/** A sound candidate that is to be compared with nothing. */
const sound: ReleaseEvidence = {
  trained: top1(0.45),
  shipped: top1(0.44),
  classes: 384,
  against: undefined,
  alreadyCurrent: false,
};

describe("every reason", () => {
  test.each<[string, string, Partial<ReleaseEvidence>]>([
    ["promote", "first-model", {}],
    ["promote", "not-worse-than-current", { against: against(768, 20, 30) }],
    ["promote", "not-worse-than-current", { against: against(768, 0, 0) }],
    ["promote", "not-worse-than-current", { against: against(768, 9, 0) }],
    ["promote", "not-worse-than-current", { against: against(100, 0, 0) }],
    ["hold", "already-current", { alreadyCurrent: true, against: against(768, 0, 0) }],
    ["hold", "no-evaluation", { trained: undefined }],
    ["hold", "no-evaluation", { shipped: undefined }],
    ["hold", "no-evaluation", { shipped: top1(0, 0) }],
    ["hold", "no-evaluation", { trained: top1(0, 0) }],
    ["hold", "no-evaluation", { trained: undefined, shipped: undefined, alreadyCurrent: true }],
    ["hold", "no-better-than-chance", { trained: top1(0.01), shipped: top1(0.01) }],
    ["hold", "compression-gate", { compression: { passed: false, failed: ["semantic_similarity"] } }],
    ["promote", "first-model", { compression: { passed: true, failed: [] } }],
    ["hold", "compression-loss", { trained: top1(0.45), shipped: top1(0.41) }],
    ["hold", "accuracy-drop", { against: against(768, 120, 40) }],
    ["hold", "too-little-evidence", { against: against(99, 0, 0) }],
    ["hold", "too-little-evidence", { against: against(0, 0, 0) }],
    ["hold", "too-little-evidence", { against: against(200, 30, 30) }],
    // Each of nine disagreements in a hundred could be a loss, and nine per cent are more than the limit.
    ["hold", "too-little-evidence", { against: against(100, 9, 0) }],
  ])("%s: %s", (action, reason, more) => {
    expect(decide({ ...sound, ...more })).toMatchObject({ action, reason, policyDigest: "policy" });
  });

  test("the reference's pairs: 9 worse and 6 better of 400 are no worse, 30 and 6 are not shown to be", () => {
    expect(decide({ ...sound, against: against(400, 9, 6) }).action).toBe("promote");
    expect(decide({ ...sound, against: against(400, 30, 6) })).toMatchObject({
      action: "hold",
      reason: "accuracy-drop",
    });
  });

  test("a verdict carries every number it rests on", () => {
    const { evidence } = decide({ ...sound, against: against(400, 9, 6) });
    expect(evidence).toMatchObject({
      n: 768,
      top1: 0.44,
      pairs: 400,
      worse: 9,
      better: 6,
      accuracy_drop: 0.05,
      accuracy_impact: 0.03,
    });
    expect(evidence["compression_loss"]).toBeCloseTo(0.01, 12);
    expect(evidence["drop_upper"]).toBeCloseTo(0.0345, 4);
    expect(evidence["chance"]).toBeCloseTo(1 / 384, 12);
  });
});

const score = fc
  .tuple(fc.integer({ min: 0, max: 1000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([n, value]): Top1 => top1(value, n));
const pairs = fc
  .integer({ min: 0, max: 1500 })
  .chain((n) =>
    fc
      .integer({ min: 0, max: n })
      .chain((worse) => fc.integer({ min: 0, max: n - worse }).map((better) => against(n, worse, better))),
  );
/** Near what happens: the two models disagree on few queries. */
const fewDisagreements = fc
  .tuple(fc.integer({ min: 60, max: 1500 }), fc.nat(30), fc.nat(30))
  .map(([n, worse, better]) => against(n, worse, better));
const anyEvidence: fc.Arbitrary<ReleaseEvidence> = fc.record({
  trained: fc.option(score, { nil: undefined }),
  shipped: fc.option(score, { nil: undefined }),
  classes: fc.integer({ min: 2, max: 400 }),
  against: fc.option(fc.oneof(pairs, fewDisagreements), { nil: undefined }),
  alreadyCurrent: fc.boolean(),
});

describe("for any evidence", () => {
  test("there is one well-formed verdict, and only two reasons promote", () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        const verdict = Verdict.parse(decide(evidence));
        const promotes = verdict.reason === "first-model" || verdict.reason === "not-worse-than-current";
        expect(verdict.action).toBe(promotes ? "promote" : "hold");
        expect(decide(evidence)).toEqual(verdict);
      }),
      { numRuns: 500 },
    );
  });
  test("without an evaluation it holds", () => {
    const missing = fc.constantFrom<Partial<ReleaseEvidence>>(
      { trained: undefined },
      { shipped: undefined },
      { trained: top1(0.9, 0) },
      { shipped: top1(0.9, 0) },
    );
    fc.assert(
      fc.property(anyEvidence, missing, (evidence, gap) => {
        expect(decide({ ...evidence, ...gap })).toMatchObject({ action: "hold", reason: "no-evaluation" });
      }),
    );
  });
  test("a figure that is not a number never promotes", () => {
    const broken = fc.constantFrom<Partial<ReleaseEvidence>>(
      { trained: { ...top1(0.5), value: Number.NaN } },
      { shipped: { ...top1(0.5), value: Number.NaN, lo: Number.NaN } },
      { shipped: { ...top1(0.5), lo: Number.NaN } },
    );
    fc.assert(
      fc.property(anyEvidence, broken, (evidence, gap) => {
        expect(decide({ ...sound, against: evidence.against, ...gap }).action).toBe("hold");
      }),
    );
  });
  test("turning a better pair into a worse one never turns hold into promote", () => {
    const compared = fc.oneof(pairs, fewDisagreements).filter(({ better }) => better > 0);
    fc.assert(
      fc.property(compared, fc.double({ min: 0.001, max: 0.3, noNaN: true }), ({ n, worse, better }, accuracy_drop) => {
        const judged = (pair: ReleaseEvidence["against"]) =>
          decideRelease({ ...sound, against: pair }, { ...limits, accuracy_drop }, "").action;
        const before = judged(against(n, worse, better));
        const after = judged(against(n, worse + 1, better - 1));
        expect(before === "hold" && after === "promote").toBe(false);
      }),
      { numRuns: 3000 },
    );
  });
});
