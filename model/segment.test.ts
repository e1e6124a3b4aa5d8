import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { decodeModel, encodeModel } from "./codec.ts";
import { CHARACTERS, createExtractor, NGRAMS_PER_POINT, type Ngrams, SEGMENTED_VERSION, termOf } from "./features.ts";
import { goldenModel, goldenRungs } from "./golden.ts";
import { normalise } from "./normalise.ts";
import { createClassifier } from "./score.ts";
import { segmenterPrint } from "./segment.ts";

const segmented = createExtractor(true);
const plain = createExtractor();
const wordsOf = (ngrams: Ngrams): string[] =>
  Array.from({ length: ngrams.length }, (_, entry) => entry)
    .filter((entry) => ((ngrams.flags[entry] as number) & CHARACTERS) === 0)
    .map((entry) => termOf(ngrams, entry));
/** Words that only the segmenter gives. */
const more = (text: string): string[] => {
  const known = [...wordsOf(plain.extract(normalise(text)))];
  return wordsOf(segmented.extract(normalise(text))).filter((word) => !known.includes(word));
};

afterEach(() => vi.unstubAllGlobals());

describe("words by Intl.Segmenter", () => {
  test("are those of several characters, and pairs of them across single ones", () => {
    expect(more("東京都に引っ越した")).toContain("引っ越し");
    expect(more("她不知道该不该搬家")).toEqual(expect.arrayContaining(["不知道", "不该", "搬家", "不知道该不该"]));
  });

  test("change nothing where spaces part words, and beyond what is there nothing is taken away", () => {
    expect(more("i don't know what to do")).toEqual([]);
    const text = fc.string({ unit: fc.constantFrom(..."会社をやめるか迷う不知道该𠮷😭ab 、") });
    fc.assert(
      fc.property(text, (any) => {
        const before = plain.extract(normalise(any));
        const keys = new Set(before.keys.slice(0, before.length));
        const after = segmented.extract(normalise(any));
        const now = new Set(after.keys.subarray(0, after.length));
        for (const key of keys) expect(now.has(key)).toBe(true);
        expect(after.seen).toBeLessThanOrEqual(NGRAMS_PER_POINT * after.pointsRead);
        for (let entry = 0; entry < after.length; entry += 1)
          expect(normalise(any)).toContain(termOf(after, entry).trim());
      }),
    );
  });
});

describe("a model trained with them", () => {
  const model = { ...goldenModel(), features: SEGMENTED_VERSION, segmenter: segmenterPrint() };

  test("says so on every rung, and reads texts with them", () => {
    for (const one of Object.values(goldenRungs())) {
      const marked = { ...one, features: SEGMENTED_VERSION, segmenter: segmenterPrint() };
      expect(decodeModel(encodeModel(marked))).toMatchObject({
        features: SEGMENTED_VERSION,
        segmenter: segmenterPrint(),
      });
    }
    const operations = (own: typeof model | ReturnType<typeof goldenModel>) =>
      createClassifier(own).classify("東京都に引っ越した", { top: 1 }).operations;
    expect(operations(decodeModel(encodeModel(model)))).toBeGreaterThan(operations(goldenModel()));
  });

  test("is refused by a runtime that cuts words otherwise, by one that cannot, and by code that knows nothing of them", () => {
    const other = encodeModel({ ...model, segmenter: segmenterPrint() ^ 1 });
    expect(() => decodeModel(other)).toThrow("cuts words otherwise");
    const bytes = encodeModel(model);
    vi.stubGlobal("Intl", { ...Intl, Segmenter: undefined });
    expect(() => decodeModel(bytes)).toThrow("no Intl.Segmenter");
    expect(decodeModel(encodeModel(goldenModel())).segmenter).toBeUndefined();
    // Earlier code compares the version of the features and reads no further.
    expect(model.features).not.toBe(goldenModel().features);
    expect(() => decodeModel(encodeModel({ ...goldenModel(), features: SEGMENTED_VERSION }))).toThrow("features 2");
  });

  test("has another print where one word is cut otherwise", () => {
    const whole = (text: string) => [{ segment: text }];
    expect(segmenterPrint(whole)).not.toBe(segmenterPrint());
    expect(segmenterPrint()).toBe(segmenterPrint());
  });
});
