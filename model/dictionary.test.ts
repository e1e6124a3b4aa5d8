import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DictionaryWord } from "#contracts/dictionary.ts";
import { InputError } from "#contracts/errors.ts";
import {
  type DictionaryContent,
  decodeDictionary,
  encodeDictionary,
  heldWeight,
  wordBytes,
  wordsOf,
} from "./dictionary.ts";

const CLASSES = ["booking", "refund", "第三"];
const word = fc.record<DictionaryWord>({
  term: fc.string({ unit: "binary", minLength: 1, maxLength: 10 }),
  authored: fc.boolean(),
  frequency: fc.nat(100_000),
  users: fc.nat(0xffff),
  lastSeenDay: fc.nat(0xffff),
  classes: fc.array(
    fc.record({ id: fc.integer({ min: 1, max: 3 }), weight: fc.integer({ min: -128, max: 127 }).map((n) => n / 16) }),
    { maxLength: 5 },
  ),
});
const contents = fc.uniqueArray(word, { selector: ({ term }) => term, maxLength: 20 }).map(
  (words): DictionaryContent => ({
    classes: CLASSES,
    prior: Float32Array.of(0.5, 0.25, 0.25),
    temperature: 1.5,
    words: words.sort((a, b) => (a.term < b.term ? -1 : 1)),
  }),
);

test("what is written is read again, in the bytes that were foretold", () => {
  fc.assert(
    fc.property(contents, (content) => {
      const bytes = encodeDictionary(content);
      const { classes, prior, temperature, ...rest } = decodeDictionary(bytes);
      expect({ classes, prior, temperature }).toEqual({ classes: CLASSES, prior: content.prior, temperature: 1.5 });
      const words = wordsOf({ classes, prior, temperature, ...rest });
      expect(words).toEqual(content.words);
      expect(encodeDictionary({ ...content, words })).toEqual(bytes);
      const foretold = content.words.reduce((sum, one) => sum + wordBytes(one), 0);
      expect(bytes.byteLength - encodeDictionary({ ...content, words: [] }).byteLength).toBeLessThan(foretold + 100);
    }),
  );
});

describe("damage", () => {
  const bytes = encodeDictionary({
    classes: CLASSES,
    prior: Float32Array.of(0.5, 0.25, 0.25),
    temperature: 1,
    words: ["金", "money"].sort().map((term) => ({
      term,
      authored: true,
      frequency: 1,
      users: 1,
      lastSeenDay: 1,
      classes: [{ id: 2, weight: 1 }],
    })),
  });
  test("of any one byte is refused", () => {
    // Bytes 12 to 15 are the checksum, of which zero means that there is none.
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] as number) ^ 0x41;
      expect(() => decodeDictionary(damaged), `byte ${at}`).toThrow(InputError);
    }
  });
  test("in length is refused", () => {
    for (const length of [0, 15, 40, bytes.length - 8])
      expect(() => decodeDictionary(bytes.slice(0, length))).toThrow(InputError);
  });
  test("in what it says is refused, though the checksum holds", () => {
    const content = { classes: CLASSES, prior: new Float32Array(3), temperature: 1 };
    const of = (term: string, id: number): DictionaryWord => ({
      term,
      authored: false,
      frequency: 0,
      users: 0,
      lastSeenDay: 0,
      classes: [{ id, weight: 1 }],
    });
    expect(() => decodeDictionary(encodeDictionary({ ...content, words: [of("b", 1), of("a", 1)] }))).toThrow(/order/);
    expect(() => decodeDictionary(encodeDictionary({ ...content, words: [of("a", 4)] }))).toThrow(/class/);
    expect(() => decodeDictionary(encodeDictionary({ ...content, words: [of("a", 0)] }))).toThrow(/class/);
  });
});

test("a weight is held to the next sixteenth, within a byte", () => {
  expect([0.03, 0.04, 100, -100].map(heldWeight)).toEqual([0, 0.0625, 127 / 16, -8]);
});
