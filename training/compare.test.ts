import { describe, expect, it } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { tinyModel } from "#edge/test-support/tiny-model.ts";
import { decodeModel } from "#model/codec.ts";
import { compareModels } from "./compare.ts";

const TEXTS = ["仕事を辞めて独立したい", "I want to sing on a stage", "親の介護で疲れている"];
const MODEL = decodeModel(tinyModel(TEXTS));
/** Answers the first two texts with each other's class. */
const SWAPPED = decodeModel(tinyModel([TEXTS[1] as string, TEXTS[0] as string, TEXTS[2] as string]));
const QUERIES = [
  { text: TEXTS[0] as string, label: "1" },
  { text: TEXTS[1] as string, label: "1" },
  { text: TEXTS[2] as string, label: "3" },
  // Wrong by both, and otherwise.
  { text: TEXTS[0] as string, label: "3", lang: "zh" as const },
];

describe("compareModels", () => {
  it("says which answers differ, and which of them were gained and lost, by line and language", () => {
    const found = compareModels(MODEL, SWAPPED, QUERIES);
    expect(found).toMatchObject({ n: 4, same: 1, gained: 1, lost: 1 });
    expect(found.pairs).toEqual([
      { text: TEXTS[0], before: "1", after: "2", label: "1", lang: "ja" },
      { text: TEXTS[1], before: "2", after: "1", label: "1", lang: "en" },
      { text: TEXTS[0], before: "1", after: "2", label: "3", lang: "zh" },
    ]);
    expect(found.byLine).toEqual({ "1": { n: 2, gained: 1, lost: 1 } });
    expect(found.byLanguage).toEqual({
      ja: { n: 2, gained: 0, lost: 1 },
      en: { n: 1, gained: 1, lost: 0 },
      zh: { n: 1, gained: 0, lost: 0 },
    });
  });

  it("finds nothing between a model and itself, and gains turned round are losses", () => {
    expect(compareModels(MODEL, MODEL, QUERIES)).toMatchObject({ same: 4, gained: 0, lost: 0, pairs: [], byLine: {} });
    const [there, back] = [compareModels(MODEL, SWAPPED, QUERIES), compareModels(SWAPPED, MODEL, QUERIES)];
    expect([back.gained, back.lost]).toEqual([there.lost, there.gained]);
  });

  it("compares nothing on nothing", () => {
    expect(() => compareModels(MODEL, MODEL, [])).toThrow(InputError);
  });
});
