import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeDictionary, encodeDictionary } from "./dictionary.ts";
import { createKeywordScorer, createMatcher } from "./keywords.ts";

const found = (terms: string[], text: string): string[] => {
  const hits: string[] = [];
  createMatcher(terms).match(text, (index) => hits.push(terms[index] as string));
  return hits;
};

describe("matching", () => {
  test("takes the longest term at each place", () => {
    expect(found(["潜伏", "潜伏期間", "期間"], "潜伏期間と潜伏")).toEqual(["潜伏期間", "期間", "潜伏"]);
  });
  test("takes whole words only, where words are written with spaces", () => {
    expect(found(["art", "lying low"], "start with art, lying lower, lying low")).toEqual(["art", "lying low"]);
    expect(found(["ai"], "aiに聞くaimとai")).toEqual(["ai", "ai"]);
  });
  test("never spends more than its budget, and says the same as without one where that suffices", () => {
    const terms = ["ab", "abc", "b c", "水", "水雷"];
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "b", "c", " ", "水", "雷"), maxLength: 40 }),
        fc.nat(60),
        (text, budget) => {
          const { match } = createMatcher(terms);
          const [some, all]: [number[], number[]] = [[], []];
          const spent = match(text, (index) => some.push(index), budget);
          const needed = match(text, (index) => all.push(index));
          expect(spent).toBeLessThanOrEqual(budget);
          expect(some).toEqual(all.slice(0, some.length));
          if (budget >= needed) expect(some).toEqual(all);
        },
      ),
    );
  });
});

describe("scoring by keywords", () => {
  const word = (term: string, ...classes: [number, number][]) => ({
    term,
    authored: false,
    frequency: 0,
    users: 0,
    lastSeenDay: 0,
    classes: classes.map(([id, weight]) => ({ id, weight })),
  });
  const scorer = createKeywordScorer(
    decodeDictionary(
      encodeDictionary({
        classes: ["booking", "refund", "other"],
        prior: Float32Array.of(0.2, 0.2, 0.6),
        temperature: 1,
        words: [word("back", [2, 1]), word("money", [2, 2], [1, 0.5]), word("返金", [2, 3])],
      }),
    ),
  );
  test("adds what words say to how common classes are, each word once, and says why", () => {
    const answer = scorer.classify("Money, money BACK", { top: 2 });
    const [booking, refund, other] = [0.2 * Math.exp(0.5), 0.2 * Math.exp(3), 0.6];
    expect(answer?.predictions).toEqual([
      {
        id: 2,
        label: "refund",
        score: expect.closeTo(refund / (booking + refund + other), 6),
        why: [
          { term: "money", weight: 2 },
          { term: "back", weight: 1 },
        ],
      },
      { id: 3, label: "other", score: expect.closeTo(other / (booking + refund + other), 6), why: [] },
    ]);
    expect(answer?.confidence).toBe(answer?.predictions[0]?.score);
    expect(scorer.classify("返金してほしい", { top: 1 })?.predictions[0]?.why).toEqual([{ term: "返金", weight: 3 }]);
  });
  test("has no answer where it knows no word; then there is the prior", () => {
    expect(scorer.classify("どうしよう", { top: 1 })).toBeUndefined();
    expect(scorer.prior(2).map(({ label, score }) => [label, Math.fround(score)])).toEqual([
      ["other", Math.fround(0.6)],
      ["booking", Math.fround(0.2)],
    ]);
  });
  test("stays within any budget", () => {
    const whole = scorer.classify("money back", { top: 3 })?.operations ?? 0;
    let answered = 0;
    for (let budget = 0; budget <= 2 * whole; budget += 1) {
      const answer = scorer.classify("money back", { top: 3, operationBudget: budget });
      if (answer === undefined) continue;
      answered += 1;
      expect(answer.operations).toBeLessThanOrEqual(budget);
    }
    expect(answered).toBeGreaterThan(whole / 2);
  });
});
