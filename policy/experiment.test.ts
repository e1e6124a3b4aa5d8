import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LoggedEvent } from "#contracts/event.ts";
import { type ArmData, type Experiment, ExperimentPlan } from "#contracts/experiment.ts";
import type { Pointer } from "#contracts/pointer.ts";
import { armData, reportExperiment, startFault } from "./experiment.ts";

const DAY = 86_400_000;
const digest = (letter: string) => letter.repeat(64);
const PLAN = ExperimentPlan.parse({
  name: "ab",
  salt: "ab-salt",
  arms: [
    { name: "control", sha256: digest("a"), basisPoints: 500 },
    { name: "experimental", sha256: digest("b"), basisPoints: 500 },
  ],
  mde: 0.05,
  horizon: 1000,
});
const RUNNING: Experiment = { plan: PLAN, state: "running", startedAt: 0, frozen: digest("f"), afterSeq: 0 };

/** An arm of which so many of n judged answers are right; every third has a score. */
const arm = (name: string, right: number, n: number, users = n): ArmData => ({
  name,
  users,
  converted: Math.min(users, right),
  judged: Array.from({ length: n }, (_, at) => ({
    right: at < right,
    ...(at % 3 === 0 ? { before: (at % 7) / 7 } : {}),
  })),
});
const reportAfter = (days: number, control: ArmData, treated: ArmData) =>
  reportExperiment(RUNNING, [control, treated], days * DAY);

describe("reportExperiment", () => {
  it("calls a winner after seven days where the sequence excludes 0, with every figure of the specification", () => {
    const report = reportAfter(8, arm("control", 300, 1000), arm("experimental", 500, 1000));
    expect(report.decision).toEqual({ action: "winner", arm: "experimental", reason: "interval-above-zero" });
    expect(report.effect).toBeCloseTo(0.2, 1);
    expect(report.interval?.lower).toBeGreaterThan(0);
    expect(report).toMatchObject({ kind: "always-valid", srm: { healthy: true }, days: 8 });
    expect(report.statistical_significance).toBe(report.pValue);
    expect(report.pValue).toBeLessThan(0.05);
    expect(report.arms[1]).toMatchObject({ users: 1000, judged: 1000, latency_p50: null, accuracy: { value: 0.5 } });
  });

  it.each([
    ["too-early", 6.9, arm("control", 300, 1000), arm("experimental", 500, 1000)],
    ["sample-ratio", 8, arm("control", 300, 1000), arm("experimental", 500, 1000, 1400)],
    ["too-few-judged", 8, arm("control", 30, 99, 500), arm("experimental", 60, 99, 500)],
    ["too-few-judged", 8, arm("control", 9, 200), arm("experimental", 100, 200)],
    ["too-few-users", 8, arm("control", 1, 7), arm("experimental", 3, 7)],
    ["no-data", 8, arm("control", 0, 0), arm("experimental", 0, 0)],
    ["undecided", 8, arm("control", 100, 200), arm("experimental", 104, 200)],
    ["inconclusive", 30, arm("control", 500, 1000), arm("experimental", 505, 1000)],
  ])("holds: %s", (reason, days, control, treated) => {
    expect(reportAfter(days, control, treated).decision).toEqual({ action: "hold", arm: null, reason });
  });

  it("says that a variant is worse, and makes no winner of it", () => {
    expect(reportAfter(8, arm("control", 500, 1000), arm("experimental", 300, 1000)).decision).toMatchObject({
      action: "worse",
      arm: null,
    });
  });

  it("corrects for several variants: a p-value looked at with another is not smaller than alone", () => {
    const plan = {
      ...PLAN,
      arms: [...PLAN.arms, { name: "third", sha256: digest("c"), basisPoints: 500 }],
    };
    const data = [arm("control", 400, 1000), arm("experimental", 470, 1000), arm("third", 410, 1000)];
    const both = reportExperiment({ ...RUNNING, plan }, data, 8 * DAY);
    const alone = reportAfter(8, data[0] as ArmData, data[1] as ArmData);
    expect(both.variants).toHaveLength(2);
    expect(both.variants[0]?.pValue).toBeGreaterThan(alone.pValue as number);
  });

  it("never calls a winner without a healthy split, its days and its answers, whatever the counts", () => {
    const counts = fc.record({ right: fc.nat(300), n: fc.nat(600), users: fc.nat(900) });
    fc.assert(
      fc.property(counts, counts, fc.double({ min: 0, max: 30, noNaN: true }), (a, b, days) => {
        const one = (name: string, { right, n, users }: typeof a) =>
          arm(name, Math.min(right, n), n, Math.max(users, n));
        const report = reportAfter(days, one("control", a), one("experimental", b));
        expect(["winner", "worse", "hold"]).toContain(report.decision.action);
        if (report.decision.action !== "winner") return;
        expect(report.srm.healthy && days >= 7 && (report.interval?.lower ?? 0) > 0).toBe(true);
        expect(Math.min(a.n, b.n)).toBeGreaterThanOrEqual(100);
      }),
    );
  });
});

describe("armData", () => {
  let seq = 0;
  const event = (user: string | undefined, bucket: string, more: Partial<LoggedEvent>): LoggedEvent => ({
    seq: ++seq,
    id: `e${seq}`,
    type: "thumb",
    at: 1,
    receivedAt: 1,
    ...(user === undefined ? {} : { user }),
    served: { model: digest("a"), bucket, shown: [3, 5], propensity: 1, textHash: "00", lang: "ja", at: 1, text: "t" },
    ...more,
  });

  it("counts users by their arm, the first answer that each judged, and conversions", () => {
    const data = armData(
      PLAN,
      [
        event("u1", "ab/control", { value: 1, roundTripMs: 900 }),
        event("u1", "ab/control", { value: -1, roundTripMs: 80 }),
        event("u2", "ab/control", { type: "correction", correctId: 5, roundTripMs: 60 }),
        event("u3", "ab/control", { type: "dwell", value: 10_000 }),
        event("u4", "ab/control", { type: "dwell", value: 9_999 }),
        event("u5", "ab/experimental", { value: -1 }),
        event("u6", "current", { value: 1 }),
        event(undefined, "ab/control", { value: 1 }),
      ],
      (text) => (text === "t" ? 0.3 : 0),
    );
    expect(data).toEqual([
      {
        name: "control",
        users: 4,
        converted: 2,
        judged: [
          { right: true, before: 0.3 },
          { right: false, before: 0.3 },
        ],
        latency: [80, 60],
      },
      { name: "experimental", users: 1, converted: 0, judged: [{ right: false, before: 0.3 }], latency: [] },
    ]);
    expect(reportExperiment(RUNNING, data, DAY).arms.map(({ latency_p50 }) => latency_p50)).toEqual([70, null]);
  });
});

describe("startFault", () => {
  const pointer: Pointer = {
    schema: 1,
    epoch: 1,
    current: { sha256: digest("a"), version: "v1.0.0" },
    experiments: [],
    salt: "s",
    cacheGeneration: 0,
  };
  const canary = { sha256: digest("c"), version: "v1.0.1-rc1" };

  it("lets none start on top of a running canary, twice, or again", () => {
    const created: Experiment = { plan: PLAN, state: "created" };
    expect(startFault(created, pointer)).toBeUndefined();
    expect(startFault(created, { ...pointer, canary: { ...canary, basisPoints: 0 } })).toBeUndefined();
    expect(startFault(created, { ...pointer, canary: { ...canary, basisPoints: 500 } })).toContain("canary v1.0.1-rc1");
    expect(startFault(created, { ...pointer, shadow: { ...canary, sample: 0.5 } })).toContain("answers in shadow");
    expect(startFault(RUNNING, pointer)).toContain("is running");
    const { name, salt, arms } = PLAN;
    expect(startFault(created, { ...pointer, experiments: [{ name, salt, arms }] })).toContain("has an experiment");
  });
});
