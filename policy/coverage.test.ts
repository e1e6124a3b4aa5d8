import fc from "fast-check";
import { expect, test } from "vitest";
import { DictionaryConfig } from "#contracts/config.ts";
import type { TokenUsage } from "#contracts/dictionary.ts";
import { coverageOf } from "./coverage.ts";

const settings = DictionaryConfig.parse({});
const of = (token: string, frequency: number, users = 9): TokenUsage => ({ token, frequency, users, lastSeen: 1 });

test("counts different tokens, and beside it what users feel", () => {
  const usage = [of("仕事", 97), of("辞め", 1), of("転職", 1), of("独立", 1)];
  expect(coverageOf(usage, new Set(["仕事"]), settings)).toEqual({
    coverage_rate: 0.25,
    token_weighted_rate: 0.97,
    total_unique_tokens: 4,
    covered_tokens: 1,
    uncovered_tokens: ["独立", "転職", "辞め"],
    new_words_detected: 0,
    recommendation: expect.stringContaining("Nothing to do"),
  });
});

test("lists the hundred most frequent that it does not know, and counts those that may be added", () => {
  const usage = Array.from({ length: 150 }, (_, n) => of(`t${n}`, n + 1, n % 2 === 0 ? 9 : 1));
  const coverage = coverageOf(usage, new Set(), settings);
  expect(coverage.uncovered_tokens).toHaveLength(100);
  expect(coverage.uncovered_tokens.slice(0, 2)).toEqual(["t149", "t148"]);
  // Frequency 10 or more is n >= 9, and of those every second has enough users.
  expect(coverage.new_words_detected).toBe(70);
  expect(coverage.recommendation).toContain("70 new words");
});

test("without queries there is no success", () => {
  expect(coverageOf([], new Set(["仕事"]), settings)).toMatchObject({
    coverage_rate: 0,
    token_weighted_rate: 0,
    recommendation: expect.stringContaining("nothing can be said"),
  });
});

test("rates are shares, and knowing more never lowers them", () => {
  const usages = fc.uniqueArray(
    fc.record({
      token: fc.string({ minLength: 1 }),
      frequency: fc.integer({ min: 1, max: 99 }),
      users: fc.nat(9),
      lastSeen: fc.nat(),
    }),
    {
      selector: ({ token }) => token,
    },
  );
  fc.assert(
    fc.property(usages, fc.nat(20), (usage, n) => {
      const known = usage.slice(0, n).map(({ token }) => token);
      const [less, more] = [known.slice(1), known].map((words) => coverageOf(usage, new Set(words), settings));
      for (const rate of ["coverage_rate", "token_weighted_rate"] as const) {
        expect(more?.[rate]).toBeGreaterThanOrEqual(less?.[rate] ?? 0);
        expect(more?.[rate]).toBeLessThanOrEqual(1);
      }
    }),
  );
});
