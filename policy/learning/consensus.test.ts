import fc from "fast-check";
import { expect, test } from "vitest";
import { consensusOf } from "./consensus.ts";

const vote = (label: number, weight: number) => ({ user: "u", item: "t", label, weight });

test("the label with more weight than all others together counts what it is ahead", () => {
  expect(consensusOf([vote(1, 3), vote(2, 1), vote(1, 1)], 9)).toEqual({
    label: 1,
    votes: [vote(1, 2.25), vote(1, 0.75)],
  });
  expect(consensusOf([vote(7, 0.8)], 9)).toEqual({ label: 7, votes: [vote(7, 0.8)] });
});

test("a text counts no more than its most, shared by all who say so", () => {
  const won = consensusOf(
    Array.from({ length: 100 }, () => vote(1, 1)),
    3,
  );
  expect(won?.votes.map(({ weight }) => weight)).toEqual(new Array(100).fill(0.03));
});

test("nothing is decided by equal or scattered evidence, or by none", () => {
  expect(consensusOf([vote(1, 0.1), vote(1, 0.2), vote(2, 0.3)], 9)).toBeUndefined();
  expect(consensusOf([vote(1, 4), vote(2, 3), vote(3, 2)], 9)).toBeUndefined();
  expect(consensusOf([vote(1, 0)], 9)).toBeUndefined();
  expect(consensusOf([], 9)).toBeUndefined();
});

test("more evidence against a label never makes it weigh more", () => {
  const votes = fc.array(
    fc.record({ label: fc.integer({ min: 1, max: 3 }), weight: fc.double({ min: 0.1, max: 2, noNaN: true }) }),
    { minLength: 1, maxLength: 10 },
  );
  const weigh = (all: { label: number; weight: number }[]) => {
    const won = consensusOf(
      all.map(({ label, weight }) => vote(label, weight)),
      9,
    );
    return { label: won?.label, weight: won?.votes.reduce((sum, { weight }) => sum + weight, 0) ?? 0 };
  };
  fc.assert(
    fc.property(votes, fc.double({ min: 0.1, max: 2, noNaN: true }), (all, weight) => {
      const before = weigh(all);
      const after = weigh([...all, { label: 9, weight }]);
      if (after.label === before.label) expect(after.weight).toBeLessThanOrEqual(before.weight + 1e-9);
      else expect([undefined, 9]).toContain(after.label);
    }),
  );
});
