import { describe, expect, it } from "vitest";
import { Language } from "#contracts/event.ts";
import { normalise } from "#model/normalise.ts";
import { safetyOf } from "./safety.ts";
import { HARMLESS, SEEN, UNSEEN } from "./test-support/safety-cases.ts";

const found = (text: string) => safetyOf(normalise(text));
const casesOf = (cases: (typeof SEEN)["ja"]) =>
  Object.entries(cases).flatMap(([kind, texts]) => texts.map((text) => ({ kind, text })));

/** Of 15 phrasings a language, when they were first tried on the finished lists. */
const MEASURED = { ja: 11, en: 11, zh: 12 };

describe.each(Language.options)("safety in %s", (lang) => {
  it("knows every phrasing it was made for, and its kind", () => {
    const cases = casesOf(SEEN[lang]);
    expect(cases.length).toBeGreaterThanOrEqual(30);
    expect(cases.filter(({ kind, text }) => found(text) !== kind)).toEqual([]);
  });

  it("knows at least as many phrasings that it was not made for as were measured once", () => {
    const cases = casesOf(UNSEEN[lang]);
    expect(cases).toHaveLength(15);
    expect(cases.filter(({ text }) => found(text) !== undefined).length).toBeGreaterThanOrEqual(MEASURED[lang]);
  });

  it("leaves harmless texts alone", () => {
    expect(HARMLESS[lang].length).toBeGreaterThanOrEqual(30);
    expect(HARMLESS[lang].filter((text) => found(text) !== undefined)).toEqual([]);
  });
});

describe("safety", () => {
  it("takes a text of any length in a time that grows with it", () => {
    for (const part of ["死にたくない", "i don't want to die ", "他打了我电话", "a", " "]) {
      expect(found(part.repeat(2000 / part.length))).toBeUndefined();
    }
  });
});
