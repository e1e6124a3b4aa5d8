import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AlertRule, type AlertState, type Samples } from "#contracts/alert.ts";
import { evaluate, holds, inactive } from "./evaluate.ts";
import { ALERT_RULES, BURN_RULES } from "./rules.ts";

const MINUTE = 60_000;
const rule = AlertRule.parse({
  name: "error_rate",
  group: "critical",
  metric: "error_rate",
  operator: ">",
  threshold: 0.05,
  for: "5m",
  keep_firing_for: "10m",
  minimum_sample: 100,
  actions: ["page_oncall"],
  summary: "Too many errors.",
});
const value = (of: number, n = 1000): Samples => ({ error_rate: { value: of, n } });

/** States after looks a minute apart. */
const looks = (samples: readonly Samples[], of: AlertRule = rule): AlertState[] => {
  const states: AlertState[] = [];
  for (const [minute, sample] of samples.entries())
    states.push(evaluate(of, states.at(-1) ?? inactive(of), sample, minute * MINUTE));
  return states;
};
const names = (states: readonly AlertState[]) => states.map(({ state }) => state[0]).join("");

describe("one rule", () => {
  it("is pending before it fires, and fires when the condition has held for the whole time", () => {
    expect(names(looks(Array(8).fill(value(0.06))))).toBe("pppppfff");
  });

  it("begins anew when the condition breaks while pending", () => {
    const broken = [0.06, 0.06, 0.01, 0.06, 0.06, 0.06, 0.06, 0.06, 0.06].map((of) => value(of));
    expect(names(looks(broken))).toBe("ppipppppf");
  });

  it("goes on firing for a while after the condition is gone, and does not flap", () => {
    const flapping = Array.from({ length: 40 }, (_, minute) => value(minute < 6 || minute % 8 === 0 ? 0.06 : 0.01));
    expect(names(looks(flapping)).slice(5)).toBe("f".repeat(35));
    const gone = [...Array(6).fill(value(0.06)), ...Array(12).fill(value(0.01))];
    expect(names(looks(gone))).toBe("pppppfffffffffffii");
  });

  it("does not fire on few observations, at the limit itself, or on nothing, and says when nothing was there", () => {
    for (const sample of [value(0.9, 99), value(0.05), {}])
      expect(names(looks(Array(10).fill(sample)))).toBe("i".repeat(10));
    expect(looks([{}]).at(-1)?.missing).toBe(true);
    expect(looks([...Array(7).fill(value(0.06)), ...Array(12).fill({})]).at(-1)).toMatchObject({
      state: "inactive",
      missing: true,
    });
  });

  it("needs every condition of a burn rate", () => {
    const burn = BURN_RULES[0] as AlertRule;
    const all = {
      error_rate_1h: { value: 0.2, n: 1000 },
      error_rate_5m: { value: 0.2, n: 80 },
      errors_1h: { value: 200, n: 1000 },
    };
    expect(holds(burn, all)).toBe(true);
    expect(holds(burn, { ...all, error_rate_5m: { value: 0.01, n: 80 } })).toBe(false);
    expect(holds(burn, { ...all, errors_1h: { value: 4, n: 1000 } })).toBe(false);
    const { error_rate_5m: _short, ...without } = all;
    expect(holds(burn, without)).toBe(false);
  });

  it("fires only after its time, and never without having been pending or holding at that look", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.double({ min: 0, max: 0.1, noNaN: true }))), (series) => {
        const samples = series.map((of) => (of === null ? {} : value(of)));
        const states = looks(samples);
        for (const [at, { state }] of states.entries()) {
          if (state !== "firing" || states[at - 1]?.state === "firing") continue;
          expect(samples.slice(Math.max(0, at - 5), at + 1).every((sample) => holds(rule, sample))).toBe(true);
          expect(at).toBeGreaterThanOrEqual(5);
        }
      }),
    );
  });
});

describe("the rules", () => {
  it("have names of their own", () => {
    expect(new Set(ALERT_RULES.map(({ name }) => name)).size).toBe(ALERT_RULES.length);
  });

  it("page for 14.4 and 6 times the budget, at 14.4% and 6% of errors", () => {
    expect(BURN_RULES.map(({ group, threshold, metric }) => [group, threshold, metric])).toEqual([
      ["critical", 0.144, "error_rate_1h"],
      ["critical", 0.06, "error_rate_6h"],
      ["warning", 0.03, "error_rate_1d"],
      ["warning", 0.01, "error_rate_3d"],
    ]);
  });
});
