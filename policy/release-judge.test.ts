import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReleaseConfig } from "#contracts/config.ts";
import { JudgeData, type JudgedArm, JudgeVerdict, type StageEvidence } from "#contracts/judge.ts";
import { judge } from "./release-judge.ts";

const policy = ReleaseConfig.parse({});
const verdictOf = (data: JudgeData) => judge(JudgeData.parse(data), policy, "digest");

const arm = (usersWithError: number, users: number): JudgedArm => ({ users, usersWithError });
const steady = (around: number, n = 40) => Array.from({ length: n }, (_, i) => around + (i % 20) - 10);

/** A canary as good as the stable model, at the end of its stage, with all that a promotion rests on. */
const healthy = {
  stage: { share: 0.25, hours: 12, plannedHours: 12 },
  canary: arm(10, 2000),
  stable: arm(30, 6000),
  assigned: { canary: 2000, stable: 6000 },
  accuracy: { n: 400, worse: 9, better: 6 },
  latency: { canary: steady(80), stable: steady(80) },
} satisfies JudgeData;
const without = (part: keyof JudgeData): JudgeData => {
  const { [part]: _left, ...rest } = healthy as JudgeData;
  return rest;
};

describe("every reason", () => {
  test.each<[string, string, JudgeData]>([
    ["promote", "within-limits", healthy],
    ["promote", "within-limits", { ...healthy, accuracy: { n: 100, worse: 0, better: 0 } }],
    // No errors at all: shown by 449 users, not by 448.
    [
      "promote",
      "within-limits",
      { ...healthy, canary: arm(0, 449), stable: arm(0, 1350), assigned: { canary: 449, stable: 1350 } },
    ],
    [
      "hold",
      "errors-undecided",
      { ...healthy, canary: arm(0, 448), stable: arm(0, 1350), assigned: { canary: 448, stable: 1350 } },
    ],
    ["rollback", "errors-worse", { ...healthy, canary: arm(60, 2000) }],
    ["rollback", "accuracy-worse", { ...healthy, accuracy: { n: 400, worse: 30, better: 6 } }],
    ["rollback", "latency-worse", { ...healthy, latency: { canary: steady(120), stable: steady(80) } }],
    ["freeze", "both-arms-bad", { ...healthy, canary: arm(60, 2000), stable: arm(180, 6000) }],
    ["freeze", "canary-bad-uncompared", { ...without("stable"), canary: arm(60, 2000) }],
    ["hold", "no-data", {}],
    ["hold", "no-data", without("canary")],
    ["hold", "no-data", without("stable")],
    ["hold", "no-data", { ...healthy, canary: arm(0, 0) }],
    ["hold", "no-data", { ...healthy, stable: arm(0, 0) }],
    ["hold", "no-stage", without("stage")],
    ["hold", "no-assignment", without("assigned")],
    ["hold", "no-assignment", { ...healthy, assigned: { canary: 0, stable: 0 } }],
    ["hold", "no-accuracy", without("accuracy")],
    ["hold", "no-accuracy", { ...healthy, accuracy: { n: 0, worse: 0, better: 0 } }],
    ["hold", "no-latency", without("latency")],
    ["hold", "no-latency", { ...healthy, latency: { canary: [80, 81, 82], stable: [80, 81, 82] } }],
    ["hold", "sample-ratio", { ...healthy, assigned: { canary: 2000, stable: 6600 } }],
    ["hold", "too-early", { ...healthy, stage: { ...healthy.stage, hours: 11.9 } }],
    ["hold", "too-few-users", { ...healthy, canary: arm(0, 199) }],
    ["hold", "latency-slower", { ...healthy, latency: { canary: steady(98), stable: steady(80) } }],
    ["hold", "shadow-disagreement", { ...healthy, shadow: { n: 500, unlabelled: 101 } }],
    ["promote", "within-limits", { ...healthy, shadow: { n: 500, unlabelled: 100 } }],
    ["hold", "errors-undecided", { ...healthy, canary: arm(3, 400), stable: arm(9, 1200) }],
    ["hold", "accuracy-undecided", { ...healthy, accuracy: { n: 400, worse: 22, better: 10 } }],
    ["hold", "accuracy-undecided", { ...healthy, accuracy: { n: 99, worse: 0, better: 0 } }],
    // Evidence that is no more than a few labels rolls nothing back.
    ["hold", "accuracy-undecided", { ...healthy, accuracy: { n: 100, worse: 9, better: 0 } }],
    ["hold", "accuracy-undecided", { ...healthy, accuracy: { n: 3, worse: 3, better: 0 } }],
    // Worse than a very good model, yet within the limit.
    ["promote", "within-limits", { ...healthy, canary: arm(10, 2000), stable: arm(10, 6000) }],
  ])("%s: %s of case %#", (action, reason, data) => {
    expect(verdictOf(data)).toMatchObject({ action, reason, policyDigest: "digest" });
  });

  test("the reference's e-value of 12 among 14 in equal arms acts, that of 8 among 9 does not", () => {
    const equal = (canary: number, stable: number): JudgeData => ({
      canary: arm(canary, 700),
      stable: arm(stable, 700),
    });
    expect(verdictOf(equal(12, 2)).action).toBe("rollback");
    expect(verdictOf(equal(12, 2)).evidence["worse_e"]).toBeCloseTo(23.917216, 5);
    expect(verdictOf(equal(8, 1)).action).toBe("hold");
  });

  test("more errors than a very good model, but fewer than the limit, are no reason to go back", () => {
    const verdict = verdictOf({ ...healthy, canary: arm(19, 2000), stable: arm(0, 6000) });
    expect(verdict.evidence["worse_e"]).toBeGreaterThan(20);
    expect(verdict.action).not.toBe("rollback");
  });

  test("one more error in the canary never makes an interval believable that was not", () => {
    const few = (bad: number, stableBad: number): JudgeData => ({
      ...healthy,
      stage: { share: 0.05, hours: 6, plannedHours: 6 },
      canary: arm(bad, 448),
      stable: arm(stableBad, 8512),
      assigned: { canary: 448, stable: 8512 },
    });
    expect(verdictOf(few(0, 9)).reason).toBe("errors-undecided");
    expect(verdictOf(few(1, 9)).reason).toBe("errors-undecided");
    expect(verdictOf(few(1, 10)).action).toBe("promote");
  });

  test("metrics share alpha: with one alone less evidence is enough than with three", () => {
    const data: JudgeData = { canary: arm(6, 300), stable: arm(0, 300) };
    expect(judge(data, policy, "").action).toBe("hold");
    expect(judge(data, ReleaseConfig.parse({ metrics: ["errors"] }), "").action).toBe("rollback");
  });

  test("a metric that the policy leaves out is neither needed nor looked at", () => {
    const { accuracy: _a, latency: _l, ...rest } = healthy;
    expect(judge(rest, ReleaseConfig.parse({ metrics: ["errors"] }), "").action).toBe("promote");
    const slow = { ...healthy, latency: { canary: steady(200), stable: steady(80) } };
    expect(judge(slow, ReleaseConfig.parse({ metrics: ["errors", "accuracy"] }), "").action).toBe("promote");
  });
});

describe("a shadow", () => {
  /** Both models for the same 300 users, of whose first queries 12 were answered otherwise. */
  const shadowed = {
    stage: { share: 0, hours: 2, plannedHours: 2 },
    canary: arm(1, 300),
    stable: arm(1, 300),
    shadow: { n: 300, unlabelled: 12, labelled: { n: 0, worse: 0, better: 0 } },
  } satisfies JudgeData;
  const labelled = (n: number, worse: number, better: number, differing = 60) => ({
    n: 500,
    unlabelled: differing - n,
    labelled: { n, worse, better },
  });
  test.each<[string, string, JudgeData]>([
    // Nobody sees it: no split of users, no round trip and no label is needed for a first canary.
    ["promote", "within-limits", shadowed],
    ["rollback", "errors-worse", { ...shadowed, canary: arm(12, 300) }],
    ["freeze", "both-arms-bad", { ...shadowed, canary: arm(30, 300), stable: arm(30, 300) }],
    ["rollback", "accuracy-worse", { ...shadowed, shadow: labelled(60, 45, 5) }],
    ["hold", "no-data", { stage: shadowed.stage }],
    ["hold", "no-data", { stage: shadowed.stage, canary: shadowed.canary, stable: shadowed.stable }],
    ["hold", "too-early", { ...shadowed, stage: { ...shadowed.stage, hours: 1.9 } }],
    ["hold", "too-few-users", { ...shadowed, canary: arm(0, 199), stable: arm(0, 199) }],
    ["hold", "shadow-disagreement", { ...shadowed, shadow: labelled(0, 0, 0, 101) }],
    ["promote", "within-limits", { ...shadowed, shadow: labelled(1, 0, 1, 101) }],
    ["hold", "ask-a-person", { ...shadowed, stage: { ...shadowed.stage, hours: 6 }, shadow: labelled(0, 0, 0, 101) }],
  ])("%s: %s of case %#", (action, reason, data) => {
    expect(verdictOf(data)).toMatchObject({ action, reason });
  });

  test("where accuracy is no metric it may differ as it likes", () => {
    const { shadow: _none, ...rest } = shadowed;
    const differing = { ...shadowed, shadow: labelled(0, 0, 0, 400) };
    const byErrors = ReleaseConfig.parse({ metrics: ["errors"] });
    expect(judge(differing, byErrors, "").action).toBe("promote");
    expect(judge(rest, byErrors, "").reason).toBe("no-data");
  });

  const passed: StageEvidence = { ...shadowed };
  const canaryWith = (shadow: StageEvidence["shadow"]) =>
    verdictOf({ ...without("accuracy"), shadow, earlier: [passed] });
  test("its labels are pairs for the canary: where both agree nothing needs one", () => {
    // Nine labels of thirty disagreements among 500 users stand for 150 pairs.
    const verdict = canaryWith(labelled(9, 1, 1, 30));
    expect(verdict).toMatchObject({ action: "promote", evidence: { pairs: 150, worse: 1, better: 1 } });
    expect(canaryWith(undefined)).toMatchObject({ action: "hold", reason: "no-accuracy" });
    expect(canaryWith(labelled(0, 0, 0))).toMatchObject({ action: "hold", reason: "accuracy-undecided" });
    expect(canaryWith(labelled(20, 16, 2)).action).not.toBe("promote");
    expect(canaryWith(labelled(60, 45, 5))).toMatchObject({ action: "rollback", reason: "accuracy-worse" });
  });
  test("two models that seldom differ cannot differ much in accuracy, and need no label", () => {
    expect(canaryWith(labelled(0, 0, 0, 0)).action).toBe("promote");
    expect(canaryWith(labelled(0, 0, 0, 8))).toMatchObject({ action: "promote", evidence: { pairs: 0, drop: null } });
    expect(canaryWith(labelled(0, 0, 0, 40)).action).toBe("hold");
  });
  test("how often it differed was settled when it was passed, and holds no later stage", () => {
    expect(verdictOf({ ...healthy, shadow: labelled(0, 0, 0, 200), earlier: [passed] }).action).toBe("promote");
    expect(verdictOf({ ...healthy, shadow: labelled(0, 0, 0, 200) }).reason).toBe("shadow-disagreement");
  });
  test("its many good answers comfort nobody whom its canary fails", () => {
    const failing: JudgeData = { ...without("accuracy"), canary: arm(8, 250), stable: arm(19, 4750) };
    const shadowOfMany: StageEvidence = { ...shadowed, canary: arm(20, 5000), stable: arm(20, 5000) };
    for (const earlier of [[], [shadowOfMany]])
      expect(verdictOf({ ...failing, earlier })).toMatchObject({ action: "rollback", reason: "errors-worse" });
  });
  test("for any counts: one verdict; more failures, or labels against it, never promote it, and absence holds", () => {
    const anyShadow = fc
      .record({
        users: fc.integer({ min: 1, max: 900 }),
        bad: fc.nat(30),
        stableBad: fc.nat(30),
        differing: fc.nat(200),
        n: fc.nat(60),
        worse: fc.nat(60),
        hours: fc.nat(8),
      })
      .map(({ users, bad, stableBad, differing, n, worse, hours }): JudgeData => {
        const seen = Math.min(users, differing);
        const labels = Math.min(n, seen);
        const lost = Math.min(worse, labels);
        return {
          stage: { share: 0, hours, plannedHours: 2 },
          canary: arm(Math.min(bad, users), users),
          stable: arm(Math.min(stableBad, users), users),
          shadow: {
            n: users,
            unlabelled: seen - labels,
            labelled: { n: labels, worse: lost, better: Math.floor((labels - lost) / 2) },
          },
        };
      });
    fc.assert(
      fc.property(anyShadow, fc.integer({ min: 1, max: 50 }), (data, more) => {
        const before = JudgeVerdict.parse(verdictOf(data));
        const { canary = arm(0, 0), shadow = { n: 0, unlabelled: 0 } } = data;
        const failing = verdictOf({
          ...data,
          canary: arm(Math.min(canary.users, canary.usersWithError + more), canary.users),
        });
        if (before.action !== "promote") expect(failing.action).not.toBe("promote");
        if (before.action === "rollback") expect(failing.action).toBe("rollback");
        const { labelled: said = { n: 0, worse: 0, better: 0 } } = shadow;
        const against = Math.min(more, said.better);
        const worse = { ...said, worse: said.worse + against, better: said.better - against };
        const after = verdictOf({ ...data, shadow: { ...shadow, labelled: worse } });
        if (before.action !== "promote") expect(after.action).not.toBe("promote");
        const { shadow: _left, ...rest } = data;
        expect(verdictOf(rest).action).not.toBe("promote");
      }),
      { numRuns: 1000 },
    );
  });
});

describe("each guard is needed", () => {
  const paired = (n: number, worse: number, better: number): JudgeData => ({
    ...healthy,
    accuracy: { n, worse, better },
  });
  test("fewer pairs than the least go back on nothing, though the interval says so", () => {
    const { evidence, action } = verdictOf(paired(99, 20, 0));
    expect(evidence["drop_lower"]).toBeGreaterThan(0);
    expect(action).toBe("hold");
    expect(verdictOf(paired(100, 20, 0)).action).toBe("rollback");
  });
  test("nor do fewer differing answers", () => {
    expect(judge(paired(100, 15, 0), ReleaseConfig.parse({ minimumEvents: 16 }), "").action).toBe("hold");
    expect(judge(paired(100, 15, 0), ReleaseConfig.parse({ minimumEvents: 15 }), "").action).toBe("rollback");
  });
  test("an estimate over the limit goes back only where a drop is shown", () => {
    expect(verdictOf(paired(100, 20, 12))).toMatchObject({ action: "hold", reason: "accuracy-undecided" });
  });
  test("a drop that is shown, and shown to be under the limit, is accepted", () => {
    const { evidence, action } = verdictOf(paired(5000, 300, 150));
    expect(evidence["drop_lower"]).toBeGreaterThan(0);
    expect(action).toBe("promote");
  });
  test("few differing answers promote only exactly, whatever the interval says", () => {
    const { evidence, action } = verdictOf(paired(150, 3, 6));
    expect(evidence["drop_upper"]).toBeLessThan(0.05);
    expect(action).toBe("hold");
  });
  test("a slow canary is not judged before the stage's end", () => {
    const slow: JudgeData = { ...healthy, latency: { canary: steady(120), stable: steady(80) } };
    expect(verdictOf({ ...slow, stage: { ...healthy.stage, hours: 11 } })).toMatchObject({ reason: "too-early" });
  });
  test("no errors among few users are not certainty", () => {
    const few: JudgeData = {
      ...healthy,
      stage: { share: 0.05, hours: 6, plannedHours: 6 },
      canary: arm(0, 210),
      stable: arm(10, 4000),
      assigned: { canary: 210, stable: 4000 },
    };
    expect(verdictOf(few)).toMatchObject({ action: "hold", reason: "errors-undecided" });
  });
});

describe("stages", () => {
  const earlier: StageEvidence = { canary: arm(4, 300), stable: arm(0, 300) };
  test("e-values of finished stages multiply", () => {
    const now: JudgeData = { canary: arm(4, 300), stable: arm(0, 300) };
    const alone = verdictOf(now);
    const both = verdictOf({ ...now, earlier: [earlier] });
    expect(both.evidence["worse_e"]).toBeCloseTo((alone.evidence["worse_e"] as number) ** 2, 6);
    expect([alone.action, both.action]).toEqual(["hold", "rollback"]);
  });
  test("so do those against the limit", () => {
    const both: StageEvidence = { canary: arm(8, 250), stable: arm(8, 250) };
    expect(verdictOf(both).evidence["over_limit_e"]).toBeCloseTo(17.588137, 5);
    expect(verdictOf(both).action).toBe("hold");
    expect(verdictOf({ ...both, earlier: [both] })).toMatchObject({ action: "freeze", reason: "both-arms-bad" });
  });

  test("are not pooled: rates that move with the hour and shares that grow make no difference", () => {
    // Each stage alike in both arms; pooled, the canary has 2.6% and the stable model 1.4%.
    const first: StageEvidence = { canary: arm(5, 500), stable: arm(95, 9500) };
    const second: StageEvidence = { canary: arm(150, 5000), stable: arm(150, 5000) };
    expect(verdictOf({ ...second, earlier: [first] }).action).not.toBe("rollback");
    expect(verdictOf({ canary: arm(155, 5500), stable: arm(245, 14_500) }).action).toBe("rollback");
  });
  test("labelled pairs of finished stages count", () => {
    const few: JudgeData = { ...healthy, accuracy: { n: 60, worse: 0, better: 0 } };
    expect(verdictOf(few).reason).toBe("accuracy-undecided");
    expect(verdictOf({ ...few, earlier: [{ accuracy: { n: 60, worse: 0, better: 0 } }] }).action).toBe("promote");
  });
});

describe("failures reported of other tools do not happen here", () => {
  test("1, silent pass: no data, and each part that is missing, is a hold", () => {
    expect(verdictOf({}).action).toBe("hold");
    for (const part of ["stage", "canary", "stable", "assigned", "accuracy", "latency"] as const)
      expect(verdictOf(without(part)).action, part).toBe("hold");
  });
  test("2, zero baseline passes: a canary with errors against a stable model with none is rolled back", () => {
    expect(verdictOf({ ...healthy, canary: arm(30, 2000), stable: arm(0, 6000) })).toMatchObject({
      action: "rollback",
      reason: "errors-worse",
    });
    // Also in equal arms: seven against none.
    expect(verdictOf({ canary: arm(7, 400), stable: arm(0, 400) }).action).toBe("rollback");
  });
  test("3, low traffic fails: few users, even with an error, and no labels yet are a hold, not a failure", () => {
    expect(
      verdictOf({ ...healthy, canary: arm(1, 20), stable: arm(0, 60), assigned: { canary: 20, stable: 60 } }).action,
    ).toBe("hold");
    expect(verdictOf({ stage: healthy.stage, canary: arm(0, 0), stable: arm(0, 0) }).action).toBe("hold");
    // A point threshold of 1% goes back here: 1.25%.
    expect(
      verdictOf({ ...healthy, canary: arm(5, 400), stable: arm(6, 1200), assigned: { canary: 400, stable: 1200 } })
        .action,
    ).toBe("hold");
  });
  test("4, ship on timeout: an undecided stage stays, and in the end asks a person", () => {
    const undecided = { ...healthy, accuracy: { n: 50, worse: 0, better: 0 } };
    const asked = (hours: number) => verdictOf({ ...undecided, stage: { ...healthy.stage, hours } });
    expect(asked(35.9)).toMatchObject({ action: "hold", reason: "accuracy-undecided" });
    for (const hours of [36, 1000, 1e9])
      expect(asked(hours)).toMatchObject({
        action: "hold",
        reason: "ask-a-person",
        evidence: { undecided_by: "accuracy-undecided" },
      });
    expect(verdictOf({ stage: { ...healthy.stage, hours: 1e9 } }).action).toBe("hold");
  });
  test("5, unsafe rollback: what speaks against the canary beats all that speaks for it, at any hour", () => {
    for (const hours of [0, 12, 1000])
      expect(verdictOf({ ...healthy, stage: { ...healthy.stage, hours }, canary: arm(60, 2000) }).action).toBe(
        "rollback",
      );
    // Not even a broken split of users delays it.
    expect(verdictOf({ ...healthy, canary: arm(60, 2000), assigned: { canary: 2000, stable: 9000 } }).action).toBe(
      "rollback",
    );
  });
  test("6, flapping: asked again with the same data it says the same, and more bad events take no rollback back", () => {
    const bad = { ...healthy, canary: arm(60, 2000) };
    expect(verdictOf(bad)).toEqual(verdictOf(bad));
    for (let more = 61; more <= 2000; more += 97)
      expect(verdictOf({ ...healthy, canary: arm(more, 2000) }).action).toBe("rollback");
  });
  test("8, stage races: a verdict names the policy it was given under, and rests on the data handed in alone", () => {
    const [before, other] = [verdictOf(healthy), verdictOf({ ...healthy, canary: arm(60, 2000) })];
    expect(verdictOf(healthy)).toEqual(before);
    expect(judge(healthy, policy, "another").policyDigest).toBe("another");
    expect(other.evidence["canary_users_with_error"]).toBe(60);
  });
  test("12, irreproducibility: the order of keys and samples changes nothing, and the data stay as they are", () => {
    const turned = Object.fromEntries(Object.entries(healthy).reverse()) as JudgeData;
    const reversed = { ...turned, latency: { canary: steady(80).reverse(), stable: steady(80).reverse() } };
    const before = JSON.stringify(healthy);
    expect(verdictOf(reversed)).toEqual(verdictOf(healthy));
    judge(healthy, policy, "");
    expect(JSON.stringify(healthy)).toBe(before);
  });
});

const anyArm = fc
  .tuple(fc.oneof(fc.nat(30), fc.nat(5000)), fc.double({ min: 0, max: 0.1, noNaN: true }), fc.nat(3))
  .map(([users, rate, more]) => arm(Math.min(users, Math.round(users * rate) + more), users));
const anyPairs = fc
  .tuple(fc.nat(1500), fc.nat(120), fc.nat(60))
  .map(([n, worse, better]) => ({ n: n + worse + better, worse, better }));
const samples = fc.array(fc.integer({ min: 20, max: 140 }), { maxLength: 12 });
const parts = {
  stage: fc.record({
    share: fc.constantFrom(0.05, 0.25, 0.5, 1),
    hours: fc.nat(100),
    plannedHours: fc.constantFrom(6, 12, 24),
  }),
  canary: anyArm,
  stable: anyArm,
  assigned: fc.record({ canary: fc.nat(5000), stable: fc.nat(5000) }),
  accuracy: anyPairs,
  latency: fc.record({ canary: samples, stable: samples }),
  shadow: fc.record({ n: fc.integer({ min: 100, max: 500 }), unlabelled: fc.nat(100) }),
};
const anyStage = fc.record(parts, { requiredKeys: [] }) as fc.Arbitrary<StageEvidence>;
/** Near a promotion, so that it happens often enough to be looked at. */
const nearPromotion: fc.Arbitrary<JudgeData> = fc
  .record({
    bad: fc.nat(30),
    stableBad: fc.nat(60),
    worse: fc.nat(40),
    better: fc.nat(20),
    n: fc.integer({ min: 90, max: 900 }),
  })
  .map(({ bad, stableBad, worse, better, n }) => ({
    ...healthy,
    canary: arm(bad, 2000),
    stable: arm(stableBad, 6000),
    accuracy: { n, worse, better },
  }));
/** Near the fewest errors and users from which an interval is believed. */
const fewErrors: fc.Arbitrary<JudgeData> = fc
  .record({ users: fc.integer({ min: 200, max: 600 }), bad: fc.nat(4), stableBad: fc.integer({ min: 4, max: 14 }) })
  .map(({ users, bad, stableBad }) => ({
    ...healthy,
    stage: { share: 0.05, hours: 6, plannedHours: 6 },
    canary: arm(bad, users),
    stable: arm(stableBad, 19 * users),
    assigned: { canary: users, stable: 19 * users },
  }));
const anyData: fc.Arbitrary<JudgeData> = fc.oneof(
  nearPromotion,
  fewErrors,
  fc
    .tuple(anyStage, fc.option(fc.array(anyStage, { maxLength: 2 }), { nil: undefined }))
    .map(([now, earlier]) => (earlier ? { ...now, earlier } : now)),
);

describe("for any counts", () => {
  const ACTION_OF: Record<string, RegExp> = {
    rollback: /^(errors|accuracy|latency)-worse$/,
    freeze: /bad/,
    promote: /^within-limits$/,
    hold: /^(no-|sample-|too-|latency-slower|shadow-|ask-)|undecided$/,
  };
  test("there is exactly one well-formed verdict, whose reason belongs to its action", () => {
    fc.assert(
      fc.property(anyData, (data) => {
        const verdict = JudgeVerdict.parse(verdictOf(data));
        expect(verdict.reason).toMatch(ACTION_OF[verdict.action] as RegExp);
        for (const value of Object.values(verdict.evidence))
          if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
        expect(verdictOf(data)).toEqual(verdict);
      }),
      { numRuns: 2000 },
    );
  });
  test("with a part absent nothing is promoted, and nothing is rolled back that was not before", () => {
    const part = fc.constantFrom("stage", "canary", "stable", "assigned", "accuracy", "latency" as const);
    fc.assert(
      fc.property(anyData, part, (data, left) => {
        const { [left]: _left, ...rest } = data;
        const { action, reason } = verdictOf(rest);
        expect(action).not.toBe("promote");
        if (action === "rollback") {
          expect(verdictOf(data).action).toBe("rollback");
          if (left === "canary" || left === "stable") expect(reason).not.toBe("errors-worse");
          else expect(reason).not.toBe(`${left}-worse`);
        }
      }),
      { numRuns: 2000 },
    );
  });
  test("no users in an arm is the same as no arm: neither promoted nor rolled back for errors", () => {
    fc.assert(
      fc.property(anyData, fc.constantFrom("canary", "stable" as const), (data, empty) => {
        const { action, reason } = verdictOf({ ...data, [empty]: arm(0, 0) });
        expect(action).not.toBe("promote");
        expect(reason).not.toBe("errors-worse");
      }),
    );
  });
  test("adding bad canary events never turns a rollback or a freeze into a promotion, nor a hold for errors", () => {
    fc.assert(
      fc.property(anyData, fc.integer({ min: 1, max: 400 }), fc.boolean(), (data, more, newUsers) => {
        const canary = data.canary ?? arm(0, 0);
        const bad = Math.min(canary.usersWithError + more, newUsers ? Number.POSITIVE_INFINITY : canary.users);
        const users = newUsers ? canary.users + more : canary.users;
        const [before, after] = [verdictOf(data), verdictOf({ ...data, canary: arm(bad, users) })];
        if (before.action === "rollback") expect(after.action).toBe("rollback");
        if (before.action === "freeze" || before.reason === "errors-undecided")
          expect(after.action).not.toBe("promote");
      }),
      { numRuns: 2000 },
    );
  });
  test("worse pairs in place of better ones never turn a rollback or a hold into a promotion", () => {
    fc.assert(
      fc.property(nearPromotion, (data) => {
        const { n, worse, better } = data.accuracy ?? { n: 0, worse: 0, better: 0 };
        fc.pre(better > 0);
        const after = verdictOf({ ...data, accuracy: { n, worse: worse + 1, better: better - 1 } });
        if (after.action === "promote") expect(verdictOf(data).action).toBe("promote");
      }),
      { numRuns: 2000 },
    );
  });
  test("the generators reach every action", () => {
    const seen = new Set(fc.sample(anyData, { numRuns: 1500, seed: 384 }).map((data) => verdictOf(data).action));
    expect([...seen].sort()).toEqual(["freeze", "hold", "promote", "rollback"]);
  });
});
