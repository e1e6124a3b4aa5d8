import { describe, expect, test } from "vitest";
import { Example } from "#contracts/example.ts";
import { decodeDictionary, wordsOf } from "#model/dictionary.ts";
import { createKeywordScorer } from "#model/keywords.ts";
import { buildDictionary, type DictionarySources } from "./dictionary.ts";

let ids = 0;
const example = (label: string, text: string, more: Partial<Example> = {}): Example => {
  ids += 1;
  return Example.parse({
    id: `e${ids}`,
    label,
    text,
    lang: "und",
    split: "train",
    weight: 1,
    source: "authored",
    family: `e${ids}`,
    acceptable: [],
    ...more,
  });
};
const EXAMPLES = [
  example("money", "返金をお願いします"),
  example("money", "返金はまだですか"),
  example("money", "please give my money back"),
  example("money", "i want my money"),
  example("travel", "旅行の予約をしたい"),
  example("travel", "旅行が中止になった"),
  example("travel", "please book a train"),
  example("travel", "the train was late"),
  example("travel", "旅行は延期です", { split: "dev" }),
  example("money", "返金は延期です", { split: "test" }),
];
const LIMITS = { target_size_kb: 300, minimumUsers: 3 };
const sources = (more: Partial<DictionarySources> = {}): DictionarySources => ({
  examples: EXAMPLES,
  classes: ["money", "travel"],
  keywords: [{ term: "お金がない", label: "money", weight: 3 }],
  usage: [],
  ...more,
});
const termsOf = (bytes: Uint8Array): string[] => wordsOf(decodeDictionary(bytes)).map(({ term }) => term);

describe("a dictionary", () => {
  test("holds authors' words and tokens of several examples, with the classes they speak for", () => {
    const { words, bytes } = buildDictionary(sources(), LIMITS);
    expect(wordsOf(decodeDictionary(bytes))).toEqual(words);
    const of = (term: string) => words.find((word) => word.term === term);
    expect(of("お金がない")).toMatchObject({ authored: true, classes: [{ id: 1 }] });
    expect(of("返金")).toMatchObject({ authored: false, classes: [{ id: 1, weight: expect.any(Number) }] });
    expect(of("旅行")?.classes.map(({ id }) => id)).toEqual([2]);
    // It stands in both classes alike, and in one example: neither says anything.
    expect(of("please")).toBeUndefined();
    expect(of("予約")).toBeUndefined();
    // Of a text held out, nothing.
    expect(of("延期")).toBeUndefined();
    const scorer = createKeywordScorer(decodeDictionary(bytes));
    expect(scorer.classify("旅行に行く", { top: 1 })?.predictions[0]?.label).toBe("travel");
    expect(scorer.classify("お金がない", { top: 1 })?.predictions[0]?.label).toBe("money");
  });

  test("takes from feedback only tokens that enough users used", () => {
    const learnt = [1, 2].map((n) => example("travel", `秘密基地${n}`, { source: "feedback" }));
    const used = (users: number) => ({ token: "秘密", frequency: 9, users, lastSeen: 20 * 86_400_000 });
    const built = (users: number) =>
      buildDictionary(sources({ examples: [...EXAMPLES, ...learnt], usage: [used(users)] }), LIMITS);
    expect(built(2).words.some(({ term }) => term.includes("秘密") || term.includes("基地"))).toBe(false);
    expect(built(3).words.find(({ term }) => term === "秘密")).toMatchObject({
      frequency: 9,
      users: 3,
      lastSeenDay: 20,
    });
    expect(built(3).words.some(({ term }) => term === "基地")).toBe(false);
  });

  test("of chosen words holds those and authors' alone", () => {
    expect(termsOf(buildDictionary(sources({ words: ["旅行", "予約", "なし"] }), LIMITS).bytes)).toEqual(
      ["お金がない", "旅行", "予約"].sort(),
    );
  });

  test("fits its size, and leaves out what says least", () => {
    const whole = buildDictionary(sources(), LIMITS);
    const target_size_kb = whole.bytes.byteLength / 1024;
    const { bytes, words } = buildDictionary(sources(), { ...LIMITS, target_size_kb });
    expect(bytes.byteLength).toBeLessThanOrEqual(whole.bytes.byteLength);
    expect(words.length).toBeGreaterThan(0);
    expect(words.length).toBeLessThan(whole.words.length);
    expect(buildDictionary(sources(), { ...LIMITS, target_size_kb: 0.1 }).words).toEqual([]);
  });

  test("is the same whatever the order of its sources", () => {
    const mixed = sources({ examples: [...EXAMPLES].reverse() });
    expect(buildDictionary(mixed, LIMITS).bytes).toEqual(buildDictionary(sources(), LIMITS).bytes);
  });
});
