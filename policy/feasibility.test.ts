import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReleaseConfig } from "#contracts/config.ts";
import { feasibility, type Traffic } from "./feasibility.ts";

const policy = ReleaseConfig.parse({});
const busy: Traffic = { usersPerHour: 5000, errorRate: 0.005, labelsPerHour: 100, disagreement: 0.06 };

describe("feasibility", () => {
  test("a busy system decides in the planned 42 hours, and two in shadow", () => {
    const answer = feasibility(busy, policy);
    expect(answer).toMatchObject({ decidable: true, hours: 44, message: "can be decided, in about 44 h" });
    expect(answer.stages.map(({ percentage, hours }) => [percentage, hours])).toEqual([
      [0, 2],
      [5, 6],
      [25, 12],
      [50, 24],
    ]);
    for (const stage of answer.stages) expect(stage).not.toHaveProperty("waitsFor");
  });

  test("without errors 5% and 6 hours are enough above 1,500 users an hour: 449 in the canary", () => {
    const flawless = (usersPerHour: number) => feasibility({ ...busy, usersPerHour, errorRate: 0 }, policy).stages[1];
    expect(flawless(1500)).toMatchObject({ hours: 6, canaryUsers: 450 });
    expect(flawless(1450)).toMatchObject({ canaryUsers: 449, waitsFor: "errors-undecided", decidable: true });
    expect(flawless(1450)?.hours).toBeCloseTo((449 / 1450) * 20, 1);
  });

  test("too little traffic cannot decide, and is told how much more it takes", () => {
    const answer = feasibility({ ...busy, usersPerHour: 100 }, policy);
    expect(answer.decidable).toBe(false);
    expect(answer.stages[1]).toMatchObject({ decidable: false, waitsFor: "too-few-users" });
    expect(answer.message).toMatch(
      /^cannot decide at this traffic: the stage at 5% needs about \d+ h, \d+ more users in the canary than the 18 h/,
    );
  });

  test("so little that not even the shadow can", () => {
    const answer = feasibility({ ...busy, usersPerHour: 50 }, policy);
    expect(answer.stages[0]).toMatchObject({ percentage: 0, decidable: false, waitsFor: "too-few-users" });
    expect(answer.message).toMatch(/the shadow needs about 8 h, 50 more users of it than the 6 h/);
  });

  test("too few labels are told as labels", () => {
    const answer = feasibility({ ...busy, labelsPerHour: 3 }, policy);
    expect(answer.message).toMatch(/cannot decide .* more labels than the 18 h .*accuracy-undecided/);
  });

  test("what never comes is said to be never: no users, no labels, a stable model over the limit", () => {
    for (const traffic of [
      { ...busy, usersPerHour: 0 },
      { ...busy, labelsPerHour: 0 },
      { ...busy, errorRate: 0.02 },
    ]) {
      const answer = feasibility(traffic, policy);
      expect(answer).toMatchObject({ decidable: false, hours: null });
      expect(answer.message).toMatch(/never decided/);
    }
  });

  test("labels of earlier stages count in later ones", () => {
    const [, first, second] = feasibility({ ...busy, labelsPerHour: 9 }, policy).stages;
    expect(first?.waitsFor).toBe("accuracy-undecided");
    expect(second).toMatchObject({ hours: 12, decidable: true });
  });

  test("durations of seconds are judged alike", () => {
    const quick = ReleaseConfig.parse({
      shadow: { sample: 0 },
      stages: [
        { percentage: 50, duration: "36s" },
        { percentage: 100, duration: "permanent" },
      ],
    });
    expect(feasibility({ ...busy, usersPerHour: 1e6, labelsPerHour: 1e6 }, quick).hours).toBeCloseTo(0.01, 12);
  });

  test("more users never take longer, nor more labels", () => {
    const rate = fc.double({ min: 0, max: 0.008, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 20_000 }),
        fc.integer({ min: 1, max: 300 }),
        rate,
        (users, labels, errorRate) => {
          const traffic = { usersPerHour: users, errorRate, labelsPerHour: labels, disagreement: 0.06 };
          const hours = (more: Partial<Traffic>) =>
            feasibility({ ...traffic, ...more }, policy).stages[0]?.hours ?? Number.POSITIVE_INFINITY;
          expect(hours({ usersPerHour: 2 * users })).toBeLessThanOrEqual(hours({}) * 1.001);
          expect(hours({ labelsPerHour: 2 * labels })).toBeLessThanOrEqual(hours({}) * 1.001);
        },
      ),
      { numRuns: 60 },
    );
  });
});
