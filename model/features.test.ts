import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHARACTERS, createExtractor, MAX_NGRAMS, NGRAMS_PER_POINT, termOf } from "./features.ts";
import { normalise } from "./normalise.ts";

const { extract } = createExtractor();

/** Terms of one block, sorted. */
function terms(text: string, block: "words" | "characters"): string[] {
  const ngrams = extract(normalise(text));
  return Array.from({ length: ngrams.length }, (_, entry) => entry)
    .filter((entry) => ((ngrams.flags[entry] as number) & CHARACTERS) === (block === "words" ? 0 : CHARACTERS))
    .map((entry) => termOf(ngrams, entry))
    .sort();
}

const keysOf = (text: string): number[] => {
  const ngrams = extract(normalise(text));
  return [...ngrams.keys.subarray(0, ngrams.length)];
};

describe("extract", () => {
  test("takes words and pairs of words where spaces part them", () => {
    expect(terms("I don't know!", "words")).toEqual(["don't", "don't know", "i", "i don't", "know"]);
  });

  test("takes 2- to 4-grams inside a word and its boundaries", () => {
    expect(terms("cat", "characters")).toEqual([" c", " ca", " cat", "at", "at ", "ca", "cat", "cat ", "t "]);
  });

  test("takes runs of one script as words and keeps negation", () => {
    expect(terms("改善案はスマホでない", "words")).toEqual(["でない", "は", "スマホ", "改善案"]);
    expect(terms("行かない", "characters")).toContain("ない");
    expect(terms("行きません。", "characters")).toContain("せん");
    expect(terms("不要", "characters")).toContain("不");
  });

  test("takes 1- to 3-grams of unbroken text but single hiragana, and none across punctuation", () => {
    expect(terms("今は、雨が", "characters")).toEqual(["今", "今は", "雨", "雨が"]);
  });

  test("takes an emoji by itself", () => {
    expect(terms("雨😭", "characters")).toEqual(["雨", "😭"]);
  });

  test("counts repeated n-grams once, with their number", () => {
    const ngrams = extract("ab ab");
    expect(ngrams.length).toBe(new Set(keysOf("ab ab")).size);
    expect(ngrams.counts[0]).toBe(2);
  });

  test("hashes words and characters apart", () => {
    // 雨 is a run of kanji and a single character: two features.
    expect(new Set(keysOf("雨")).size).toBe(2);
  });

  test("does not depend on the text before it", () => {
    const first = keysOf("転職するか");
    keysOf("something else");
    expect(keysOf("転職するか")).toEqual(first);
  });

  test("stays within the bound told beforehand", () => {
    const unit = fc.constantFrom("a", "b", " ", "あ", "ア", "漢", "😭", "'", "1", "。", "é");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 2000 }), fc.nat(2500), (text, limit) => {
        const { pointsRead, seen, length } = extract(text, limit);
        expect(pointsRead).toBe(Math.min([...text].length, limit, 2000));
        expect(seen).toBeLessThanOrEqual(Math.min(MAX_NGRAMS, NGRAMS_PER_POINT * pointsRead));
        expect(length).toBeLessThanOrEqual(seen);
      }),
    );
  });

  test("hashes of many different n-grams rarely meet", () => {
    const words = Array.from({ length: 20_000 }, (_, index) => `w${index}`);
    const keys = new Set(words.map((word) => keysOf(word)[0]));
    // 20,000 keys of 32 bits meet 0.05 times on average.
    expect(keys.size).toBeGreaterThanOrEqual(19_998);
  });
});
