import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DictionaryConfig } from "#contracts/config.ts";
import type { DictionaryWord, TokenUsage } from "#contracts/dictionary.ts";
import { planDictionary, rebuildDictionary } from "./dictionary.ts";

const DAY = 86_400_000;
const NOW = 1000 * DAY;
const settings = DictionaryConfig.parse({});
const word = (term: string, more: Partial<DictionaryWord> = {}): DictionaryWord => ({
  term,
  authored: false,
  frequency: 0,
  users: 0,
  lastSeenDay: 0,
  classes: [],
  ...more,
});
const used = (token: string, frequency: number, daysAgo: number, users = 9): TokenUsage => ({
  token,
  frequency,
  users,
  lastSeen: NOW - daysAgo * DAY,
});
const log = (usage: TokenUsage[], days = 365) => ({ usage, since: NOW - days * DAY, until: NOW });
const plan = (words: DictionaryWord[], usage: TokenUsage[], more: Partial<DictionaryConfig> = {}, days?: number) =>
  planDictionary(words, log(usage, days), { ...settings, ...more });

describe("planning a rebuild", () => {
  test.each<[string, number, number, boolean]>([
    ["seldom and long ago", 9, 90, false],
    ["seldom, but not long enough ago", 9, 89, true],
    ["often, though long ago", 10, 200, true],
  ])("a word that was used %s", (_how, frequency, daysAgo, stays) => {
    const { keep_words, remove_words } = plan([word("w")], [used("w", frequency, daysAgo)]);
    expect(stays ? keep_words : remove_words).toEqual(["w"]);
    expect(stays ? remove_words : keep_words).toEqual([]);
  });

  test("a word never seen goes once the log is as long as the threshold, or the dictionary says it is long ago", () => {
    expect(plan([word("w")], [], {}, 89).keep_words).toEqual(["w"]);
    expect(plan([word("w")], [], {}, 90).remove_words).toEqual(["w"]);
    expect(plan([word("w", { lastSeenDay: 950 })], [], {}, 90).keep_words).toEqual(["w"]);
    expect(plan([word("w", { lastSeenDay: 900 })], [], {}, 30).remove_words).toEqual(["w"]);
  });

  test("words of authors stay and are not counted", () => {
    expect(plan([word("w", { authored: true })], [], { keep_words: 0 })).toEqual({
      keep_words: [],
      add_words: [],
      remove_words: [],
    });
  });

  test("new words are frequent, unknown, and of enough users; the most frequent first", () => {
    const usage = [
      used("known", 99, 1),
      used("rare", 9, 1),
      used("lonely", 99, 1, 4),
      used("b", 10, 1),
      used("a", 10, 1),
      used("c", 11, 1),
    ];
    expect(plan([word("known")], usage).add_words).toEqual(["c", "a", "b"]);
    expect(plan([word("known")], usage, { add_words: 2 }).add_words).toEqual(["c", "a"]);
  });

  test("keeps at most keep_words, adds at most add_words, and every old word is kept or removed", () => {
    const term = fc.integer({ min: 0, max: 60 }).map((n) => `w${n}`);
    const words = fc.uniqueArray(
      fc.record({
        term,
        authored: fc.boolean(),
        frequency: fc.nat(50),
        users: fc.nat(9),
        lastSeenDay: fc.integer({ min: 0, max: 1000 }),
        classes: fc.constant([]),
      }),
      { selector: (one) => one.term },
    );
    const usage = fc.uniqueArray(
      fc.record({
        token: term,
        frequency: fc.integer({ min: 1, max: 50 }),
        users: fc.nat(9),
        lastSeen: fc.integer({ min: NOW - 200 * DAY, max: NOW }),
      }),
      {
        selector: ({ token }) => token,
      },
    );
    fc.assert(
      fc.property(words, usage, fc.nat(12), fc.nat(5), (old, tokens, keep, add) => {
        const { keep_words, add_words, remove_words } = plan(old, tokens, { keep_words: keep, add_words: add });
        expect(keep_words.length).toBeLessThanOrEqual(keep);
        expect(add_words.length).toBeLessThanOrEqual(add);
        const own = old.filter(({ authored }) => !authored).map((one) => one.term);
        expect([...keep_words, ...remove_words].sort()).toEqual(own.sort());
        const known = new Set(old.map((one) => one.term));
        const usageOf = new Map(tokens.map((one) => [one.token, one]));
        for (const added of add_words) {
          expect(known.has(added)).toBe(false);
          expect(usageOf.get(added)?.users).toBeGreaterThanOrEqual(settings.minimumUsers);
        }
        const of = (one: string) => usageOf.get(one)?.frequency ?? 0;
        expect(keep_words.map(of)).toEqual(keep_words.map(of).sort((a, b) => b - a));
      }),
    );
  });
});

describe("a rebuild", () => {
  const build = (bytes: number) => (words: readonly string[]) => ({
    bytes: new Uint8Array(bytes),
    words: words.map((one) => word(one)),
  });
  const rebuild = (usage: TokenUsage[], bytes = 1) =>
    rebuildDictionary([word("old")], log(usage), settings, build(bytes));

  test("is accepted where it knows more than the wanted share of what is asked", () => {
    expect(rebuild([used("old", 86, 1), used("x", 14, 1, 1)])).toMatchObject({
      accepted: true,
      keep_words: ["old"],
      coverage: { token_weighted_rate: 0.86 },
    });
    expect(rebuild([used("old", 85, 1), used("x", 15, 1, 1)])).toMatchObject({
      accepted: false,
      reason: expect.stringMatching(/^coverage: .*0\.850/),
    });
  });
  test("that is too large, or without any usage, leaves the old one", () => {
    expect(rebuild([used("old", 99, 1)], 300 * 1024 + 1)).toMatchObject({
      accepted: false,
      reason: expect.stringMatching(/^too-large/),
    });
    expect(rebuild([used("old", 99, 1)], 300 * 1024).accepted).toBe(true);
    expect(rebuild([])).toMatchObject({ accepted: false, reason: expect.stringMatching(/^no-usage/) });
  });
});
