import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalise } from "./normalise.ts";

describe("normalise", () => {
  test.each([
    ["ＡＢＣ　ｶﾞ", "abc ガ"],
    ["山澤損 兑 天雷无妄 晉", "山沢損 兌 天雷無妄 晋"],
    ["  a \n\t b\u3000", "a b"],
    ["すごーーーい", "すごーい"],
    ["まじかwww", "まじかw"],
    ["www", "w"],
    ["笑笑笑", "笑"],
    ["awww wwii", "awww wwii"],
    ["don’t", "don't"],
    ["zero\u200bwidth", "zerowidth"],
    ["", ""],
  ])("%j becomes %j", (text, expected) => {
    expect(normalise(text)).toBe(expected);
  });

  test("half a surrogate pair is never left at the cut", () => {
    expect(normalise(`${"a".repeat(1999)}😭`)).toBe("a".repeat(1999));
  });

  test("normalising twice changes nothing, and the length is bounded", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.string({
        unit: fc.constantFrom("w", "ー", "笑", " ", "a", "\u0301", "İ", "ﷺ", "ß", "无", "\u200b"),
        maxLength: 2500,
      }),
    );
    fc.assert(
      fc.property(text, (value) => {
        const once = normalise(value);
        expect(once.length).toBeLessThanOrEqual(2000);
        expect(normalise(once)).toBe(once);
      }),
    );
  });
});
