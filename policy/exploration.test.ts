import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explore } from "./exploration.ts";
import { type Judged, LEAST_ESS, offPolicy } from "./off-policy.ts";

/** Park and Miller's generator: the same numbers each time. */
function createDraws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

describe("explore", () => {
  it("shows each order as often as its propensity says", () => {
    const draw = createDraws(384);
    const n = 200_000;
    const shown = new Map<string, { times: number; propensity: number }>();
    for (let i = 0; i < n; i += 1) {
      const { order, propensity } = explore(["a", "b", "c", "d"], 0.2, draw());
      const key = order.join("");
      shown.set(key, { times: (shown.get(key)?.times ?? 0) + 1, propensity });
    }
    expect([...shown.keys()].sort()).toEqual(["abcd", "bacd", "cbad"]);
    for (const { times, propensity } of shown.values()) {
      const deviation = Math.sqrt((propensity * (1 - propensity)) / n);
      expect(Math.abs(times / n - propensity)).toBeLessThan(5 * deviation);
    }
  });

  it("keeps all answers, and the model's order with chance 1 where there is nothing to explore", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer(), { maxLength: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (answers, share, draw) => {
          const { order, propensity } = explore(answers, share, draw);
          expect([...order].sort()).toEqual([...answers].sort());
          expect(order.slice(3)).toEqual(answers.slice(3));
          expect(propensity).toBeGreaterThanOrEqual(0);
          if (share === 0 || answers.length < 2)
            expect({ order, propensity }).toEqual({ order: answers, propensity: 1 });
        },
      ),
    );
  });
});

describe("offPolicy", () => {
  it("gives the reference's values", () => {
    const [rewards, propensities, targets] = [
      [1, 0, 1, 1],
      [0.5, 0.5, 0.25, 0.25],
      [1, 0, 0.5, 0.5],
    ];
    const answers = rewards?.map(
      (reward, at): Judged => ({
        reward,
        propensity: propensities?.[at] as number,
        target: targets?.[at] as number,
      }),
    );
    expect(offPolicy(answers ?? [])).toEqual({ ips: 1.5, snips: 1, ess: 3 });
  });

  it("says nothing where nothing is known", () => {
    expect(offPolicy([])).toBeUndefined();
    expect(offPolicy([{ reward: 1, propensity: 0, target: 1 }])).toBeUndefined();
    expect(offPolicy([{ reward: 1, propensity: 1, target: 0 }])).toBeUndefined();
  });

  it("recovers from explored answers what a policy that always shows the second one would earn", () => {
    // The best is right with chance 0.3, the second with 0.5: a model that ranks them the other way round is better.
    const right = { best: 0.3, second: 0.5, third: 0.1 };
    const draw = createDraws(7);
    const answers = Array.from({ length: 60_000 }, (): Judged => {
      const { order, propensity } = explore(["best", "second", "third"] as const, 0.02, draw());
      const first = order[0] as keyof typeof right;
      return { reward: draw() < right[first] ? 1 : 0, propensity, target: first === "second" ? 1 : 0 };
    });
    const estimate = offPolicy(answers);
    expect(estimate?.ess).toBeGreaterThan(LEAST_ESS);
    const deviation = Math.sqrt((0.5 * 0.5) / (estimate?.ess ?? 1));
    expect(Math.abs((estimate?.snips ?? 0) - right.second)).toBeLessThan(4 * deviation);
    // Counted without propensities it would be near what the best earns.
    const naive = answers.reduce((sum, { reward }) => sum + reward, 0) / answers.length;
    expect(Math.abs(naive - right.second)).toBeGreaterThan(0.15);
  });
});
