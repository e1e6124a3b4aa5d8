import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReleaseConfig } from "#contracts/config.ts";
import { JudgeReason } from "#contracts/judge.ts";
import { CommandName, type Rollout, RolloutState } from "#contracts/rollout.ts";
import { isOver, placeOf, refusalOf, stagesOf } from "./rollout.ts";

const rollout = (
  state: RolloutState,
  action?: "promote" | "hold" | "rollback" | "freeze",
  reason?: JudgeReason,
): Rollout => ({
  candidate: { sha256: "a".repeat(64), version: "v1.0.1" },
  state,
  looks: [],
  history: [],
  ...(action && reason ? { verdict: { action, reason, evidence: {}, policyDigest: "p" } } : {}),
});
describe("stages", () => {
  const of = (policy: unknown) => stagesOf(ReleaseConfig.parse(policy)).map((one) => [one.percentage, one.duration]);
  const QUICK = [
    { percentage: 25, duration: "6s" },
    { percentage: 100, duration: "permanent" },
  ];
  it("begin with a shadow, for a third of the first stage where no time is named", () => {
    expect(of({}).slice(0, 2)).toEqual([
      [0, "7200s"],
      [5, "6h"],
    ]);
    expect(of({ stages: QUICK })[0]).toEqual([0, "2s"]);
    expect(of({ stages: QUICK, shadow: { duration: "1h" } })[0]).toEqual([0, "1h"]);
    expect([placeOf(0), placeOf(0.05), placeOf(0.333333)]).toEqual(["in shadow", "at 5%", "at 33.33%"]);
  });
  it("have none where the config leaves it out, all get the model at once, it is urgent, and in policies older than it", () => {
    const byDefault = ReleaseConfig.parse({});
    expect(stagesOf(byDefault, { urgent: true })).toEqual(byDefault.stages);
    expect(of({ stages: QUICK, shadow: { sample: 0 } })[0]).toEqual([25, "6s"]);
    expect(of({ stages: QUICK.slice(1) })).toEqual([[100, "permanent"]]);
    const { shadow: _none, ...old } = ReleaseConfig.parse({});
    expect(stagesOf(old)).toEqual(old.stages);
  });
});

const anyRollout = fc
  .record({
    state: fc.constantFrom(...RolloutState.options),
    action: fc.option(fc.constantFrom("promote", "hold", "rollback", "freeze"), { nil: undefined }),
    reason: fc.constantFrom(...JudgeReason.options),
  })
  .map(({ state, action, reason }) => rollout(state, action, reason));

describe("what a rollout refuses", () => {
  it("takes no command once it is over, and says how it ended", () => {
    fc.assert(
      fc.property(anyRollout, fc.constantFrom(...CommandName.options), (one, command) => {
        fc.pre(isOver(one));
        expect(refusalOf(command, one)).toContain(one.state);
      }),
    );
  });

  it("can be stopped at any moment before that", () => {
    fc.assert(
      fc.property(anyRollout, fc.constantFrom("abort" as const, "rollback" as const), (one, command) => {
        fc.pre(!isOver(one) && one.state !== "rolling-back");
        expect(refusalOf(command, one)).toBeUndefined();
      }),
    );
  });

  it("lets a person promote nothing that evidence forbids or has not seen, before approval as well as after", () => {
    fc.assert(
      fc.property(anyRollout, (one) => {
        fc.pre(one.state !== "awaiting-approval");
        const { action, reason } = one.verdict ?? {};
        const seen = action === "hold" || action === "promote";
        const blind = ["no-data", "no-stage", "no-assignment", "sample-ratio", "too-early"].includes(reason ?? "");
        if (!seen || blind) expect(refusalOf("promote", one)).toBeDefined();
      }),
    );
  });

  it("takes a person's decision where evidence leaves it open, and any once it has asked", () => {
    for (const reason of [
      "accuracy-undecided",
      "no-accuracy",
      "latency-slower",
      "too-few-users",
      "ask-a-person",
    ] as const)
      expect(refusalOf("promote", rollout("watching", "hold", reason)), reason).toBeUndefined();
    expect(refusalOf("promote", rollout("awaiting-approval"))).toBeUndefined();
    expect(refusalOf("promote", rollout("paused", "promote", "within-limits"))).toContain("resume");
    expect(refusalOf("promote", rollout("closed"))).toContain("calendar");
  });

  it("pauses once and resumes once", () => {
    expect([refusalOf("pause", rollout("watching")), refusalOf("resume", rollout("paused"))]).toEqual([
      undefined,
      undefined,
    ]);
    expect([refusalOf("pause", rollout("paused")), refusalOf("resume", rollout("watching"))].every(Boolean)).toBe(true);
  });
});
