import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { trustOf, type Vote } from "./trust.ts";

const settings = { strength: 4, rounds: 5 };
const vote = (user: string, item: string, label: number, weight = 1): Vote => ({ user, item, label, weight });
const trust = (votes: Vote[], known = new Map<string, Set<number>>()) => trustOf(votes, known, settings);

describe("trust", () => {
  test("falls with each text on which everybody else says otherwise", () => {
    const having = (texts: number) =>
      trust(
        Array.from({ length: texts }, (_, at) => [
          vote("a", `t${at}`, 1),
          vote("b", `t${at}`, 1),
          vote("c", `t${at}`, 1),
          vote("liar", `t${at}`, 2),
        ]).flat(),
      );
    const falling = [1, 3, 10, 30].map((texts) => having(texts).get("liar") as number);
    expect(falling).toEqual([...falling].sort((a, b) => b - a));
    expect(falling[0]).toBeGreaterThan(0.5);
    expect(falling[3]).toBeLessThan(0.05);
    expect(having(30).get("a")).toBe(1);
  });

  test("is whole for whoever was never compared", () => {
    expect([...trust([vote("a", "t", 1), vote("b", "u", 2)])]).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
  });

  test("is lost against texts whose label is certain, without any other user", () => {
    const known = new Map(Array.from({ length: 20 }, (_, at) => [`t${at}`, new Set([1])]));
    const votes = [...known.keys()].flatMap((item) => [vote("liar", item, 2), vote("honest", item, 1)]);
    const by = trust(votes, known);
    expect(by.get("honest")).toBe(1);
    expect(by.get("liar")).toBeLessThan(0.1);
  });

  const votes = fc.array(
    fc.record({
      user: fc.constantFrom("a", "b", "c", "d", ""),
      item: fc.constantFrom("t", "u", "v"),
      label: fc.integer({ min: 1, max: 3 }),
      weight: fc.double({ min: 0.05, max: 2, noNaN: true }),
    }),
    { maxLength: 25 },
  );

  test("lies between 0 and 1 for everybody who votes, and does not depend on the order", () => {
    fc.assert(
      fc.property(
        votes.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          const by = trust(all);
          expect(new Set(by.keys())).toEqual(new Set(all.map(({ user }) => user)));
          for (const one of by.values()) {
            expect(one).toBeGreaterThanOrEqual(0);
            expect(one).toBeLessThanOrEqual(1);
          }
          expect(trust(shuffled)).toEqual(by);
        },
      ),
    );
  });

  test("is whole for all where all agree", () => {
    fc.assert(
      fc.property(votes, (all) => {
        const agreeing = all.map((one) => ({ ...one, label: one.item.charCodeAt(0) }));
        for (const one of trust(agreeing).values()) expect(one).toBeCloseTo(1, 9);
      }),
    );
  });

  test("of a newcomer who contradicts two that agree is the smallest", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 2, max: 6 }), (texts, others) => {
        const all = Array.from({ length: texts }, (_, at) => [
          ...Array.from({ length: others }, (__, user) => vote(`u${user}`, `t${at}`, 1)),
          vote("newcomer", `t${at}`, 2),
        ]).flat();
        const by = trust(all);
        expect(by.get("newcomer")).toBeLessThan(
          Math.min(...[...by].flatMap(([u, t]) => (u === "newcomer" ? [] : [t]))),
        );
      }),
    );
  });
});
