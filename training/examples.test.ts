import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { readTsv } from "./examples.ts";

describe("readTsv", () => {
  test("reads label, text and language", () => {
    expect(readTsv("\ufeff1\t転職 したい\tja\r\n\r\nfood\ta soup\n")).toEqual([
      { label: "1", text: "転職 したい", lang: "ja" },
      { label: "food", text: "a soup" },
    ]);
  });

  test("names file, line and rule of every fault at once", () => {
    const content = [
      "no tab",
      "\tno label",
      "no text\t",
      "a\tb\tfr",
      "a\tb\tja\tmore",
      `a\t${"x".repeat(2001)}`,
      "fine\ttext",
    ].join("\n");
    expect(() => readTsv(content, "bad.tsv")).toThrow(
      [
        "bad.tsv:1: 1 columns where 2 or 3 belong, separated by tabs",
        "bad.tsv:2: the label is empty",
        "bad.tsv:3: the text is empty",
        "bad.tsv:4: the language is fr, not ja, en, zh",
        "bad.tsv:5: 4 columns where 2 or 3 belong, separated by tabs",
        "bad.tsv:6: the text has 2001 characters, more than 2000",
      ].join("\n"),
    );
  });

  test("shortens a long list of faults", () => {
    expect(() => readTsv("x\n".repeat(30))).toThrow(/input:20: [^\n]*\nand 10 more$/);
  });

  test("refuses an empty file", () => {
    expect(() => readTsv("\n \n", "empty.tsv")).toThrow("empty.tsv: it holds no example");
  });

  test("gives back what was written, or an InputError", () => {
    const word = fc
      .string({ minLength: 1 })
      .filter((text) => !/[\t\r\n\ufeff]/.test(text) && text.trim() === text && text !== "");
    fc.assert(
      fc.property(fc.array(fc.record({ label: word, text: word }), { minLength: 1 }), (examples) => {
        expect(readTsv(examples.map(({ label, text }) => `${label}\t${text}`).join("\n"))).toEqual(examples);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "\t", "\n", "\r", " ") }), (content) => {
        try {
          expect(readTsv(content).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
    );
  });
});
