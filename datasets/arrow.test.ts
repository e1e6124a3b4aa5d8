import { tableFromArrays, tableFromIPC, tableToIPC } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#contracts/errors.ts";
import type { Example } from "#contracts/example.ts";
import { fromArrow, toArrow } from "./arrow.ts";

const text = fc.string({ unit: "binary", minLength: 1, maxLength: 60 });
const example: fc.Arbitrary<Example> = fc.record({
  id: text,
  label: text,
  text,
  lang: fc.constantFrom("ja", "en", "zh", "und"),
  split: fc.constantFrom("train", "live", "dev", "test", "contrast"),
  weight: fc.double({ min: 0, minExcluded: true, noNaN: true, noDefaultInfinity: true }),
  source: fc.constantFrom("authored", "reading", "keywords", "feedback", "teacher"),
  family: fc.string({ unit: "binary", maxLength: 20 }),
  acceptable: fc.array(text, { maxLength: 3 }),
});

const ONE: Example = {
  id: "a",
  label: "1",
  text: "開業届は出した",
  lang: "ja",
  split: "train",
  weight: 0.8,
  source: "authored",
  family: "f",
  acceptable: [],
};

describe("a data set as Arrow", () => {
  test("comes back as it was, to the bit, and as the same bytes", () => {
    fc.assert(
      fc.property(
        fc.array(example, { maxLength: 20 }),
        fc.uniqueArray(text, { maxLength: 10 }),
        (examples, classes) => {
          const bytes = toArrow({ examples, classes });
          expect(fromArrow(bytes)).toEqual({ examples, classes });
          expect(Buffer.from(toArrow({ examples, classes }))).toEqual(Buffer.from(bytes));
        },
      ),
    );
  });
  test("has a column a field, by name, for other readers", () => {
    const table = tableFromIPC(toArrow({ examples: [ONE], classes: ["1"] }));
    expect(Object.fromEntries(table.schema.fields.map(({ name, type }) => [name, String(type)]))).toEqual({
      id: "Utf8",
      label: "Utf8",
      text: "Utf8",
      lang: "Utf8",
      split: "Utf8",
      source: "Utf8",
      family: "Utf8",
      acceptable: "Utf8",
      weight: "Float64",
    });
  });
});

describe("what cannot be read is an InputError", () => {
  const whole = toArrow({ examples: [ONE], classes: ["1"] });
  test.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array()],
    ["text", new TextEncoder().encode("label\ttext\n")],
    ["a file cut short", whole.subarray(0, whole.length / 2)],
    ["zeroes", new Uint8Array(1000)],
    ["a table of something else", tableToIPC(tableFromArrays({ x: [1, 2] }), "file")],
  ])("%s", (_name, bytes) => {
    expect(() => fromArrow(bytes)).toThrow(InputError);
  });
  test("any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => fromArrow(bytes)).toThrow(InputError);
      }),
    );
  });
  test("a row that breaks the schema, by its number", () => {
    const bytes = toArrow({ examples: [ONE, { ...ONE, weight: 0 }], classes: ["1"] });
    expect(() => fromArrow(bytes)).toThrow(/row 1 .*weight/s);
    expect(() => fromArrow(bytes)).toThrow(InputError);
  });
});
