import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cappedWeights } from "./caps.ts";
import type { Vote } from "./trust.ts";

const vote = (user: string, label: number, weight: number, network?: string): Vote => ({
  user,
  item: "t",
  label,
  weight,
  ...(network === undefined ? {} : { network }),
});

describe("caps", () => {
  test("cut a user's votes in proportion, to the share of what the class weighs afterwards", () => {
    const [one, three] = cappedWeights([vote("a", 1, 1), vote("a", 1, 3)], new Map([[1, 27]]), 0.1) as [number, number];
    expect(one / (27 + one + three)).toBeCloseTo(0.025, 12);
    expect(three / one).toBeCloseTo(3, 12);
  });

  test("leave alone what is small enough, and all where the share is 1", () => {
    expect(cappedWeights([vote("a", 1, 0.5), vote("b", 2, 7)], new Map([[1, 99.5]]), 0.01)).toEqual([0.5, 0]);
    expect(cappedWeights([vote("a", 1, 0.5), vote("b", 2, 7)], new Map(), 1)).toEqual([0.5, 7]);
  });

  test("need a hundred users where there is nothing but theirs", () => {
    const users = (n: number) => Array.from({ length: n }, (_, at) => vote(`u${at}`, 1, 1));
    const sum = (n: number) => cappedWeights(users(n), new Map(), 0.01).reduce((all, one) => all + one, 0);
    expect(sum(99)).toBeLessThan(1e-9);
    expect(sum(100)).toBeCloseTo(100, 6);
  });

  const votes = fc.array(
    fc.record(
      {
        user: fc.constantFrom("a", "b", "c", ""),
        item: fc.constant("t"),
        label: fc.integer({ min: 1, max: 3 }),
        weight: fc.double({ min: 0.01, max: 5, noNaN: true }),
        network: fc.constantFrom("m", "n"),
      },
      { requiredKeys: ["user", "item", "label", "weight"] },
    ),
    { maxLength: 30 },
  );
  const authored = fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { minLength: 3, maxLength: 3 });

  test("hold: no user and no network gives more than its share of any class, and nothing grows", () => {
    fc.assert(
      fc.property(votes, authored, fc.constantFrom(0.01, 0.1, 0.4), (all, given, share) => {
        const weights = cappedWeights(all, new Map(given.map((weight, at) => [at + 1, weight])), share);
        for (const [at, weight] of weights.entries()) {
          expect(weight).toBeGreaterThanOrEqual(0);
          expect(weight).toBeLessThanOrEqual((all[at] as Vote).weight);
        }
        for (const label of [1, 2, 3]) {
          const sumOf = (from: (vote: Vote) => boolean) =>
            weights.reduce((sum, one, at) => {
              const own = all[at] as Vote;
              return own.label === label && from(own) ? sum + one : sum;
            }, 0);
          const whole = (given[label - 1] as number) + sumOf(() => true);
          for (const user of ["a", "b", "c", ""])
            expect(sumOf((one) => one.user === user)).toBeLessThanOrEqual(share * whole * (1 + 1e-9) + 1e-12);
          for (const network of ["m", "n"])
            expect(sumOf((one) => one.network === network)).toBeLessThanOrEqual(share * whole * (1 + 1e-9) + 1e-12);
        }
      }),
    );
  });
});
