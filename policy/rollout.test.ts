import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JudgeReason } from "#contracts/judge.ts";
import { CommandName, type Rollout, RolloutState } from "#contracts/rollout.ts";
import { isOver, refusalOf } from "./rollout.ts";

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
