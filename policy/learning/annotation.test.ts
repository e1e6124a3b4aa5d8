import fc from "fast-check";
import { expect, test } from "vitest";
import { type OpenQuery, worthOf } from "./annotation.ts";

const query: OpenQuery = { frequency: 10, first: 0.5, second: 0.3, votes: [] };
const votes = (...labels: number[]) => labels.map((label) => ({ label, weight: 1 }));

test("a label is worth uncertainty x frequency x (1 + disagreement)", () => {
  expect(worthOf(query).value).toBeCloseTo(8, 12);
  expect(worthOf({ ...query, votes: votes(1, 1, 2, 2) })).toMatchObject({ disagreement: 0.5 });
  expect(worthOf({ ...query, votes: votes(1, 1, 2, 2) }).value).toBeCloseTo(12, 12);
  expect(worthOf({ ...query, votes: votes(1, 1), disputed: true })).toMatchObject({ disagreement: 1 });
});

test("more often asked, less sure or more disputed is worth more", () => {
  const open = fc.record({
    frequency: fc.integer({ min: 1, max: 50 }),
    first: fc.double({ min: 0.5, max: 0.9, noNaN: true }),
    second: fc.double({ min: 0, max: 0.1, noNaN: true }),
    votes: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 6 }).map((labels) => votes(...labels)),
  });
  fc.assert(
    fc.property(open, (one) => {
      const { value } = worthOf(one);
      expect(worthOf({ ...one, frequency: one.frequency + 1 }).value).toBeGreaterThan(value);
      expect(worthOf({ ...one, second: one.second + 0.05 }).value).toBeGreaterThan(value);
      expect(worthOf({ ...one, votes: votes(1, 1, 1) }).value).toBeLessThanOrEqual(
        worthOf({ ...one, votes: votes(1, 1, 2) }).value,
      );
    }),
  );
});
