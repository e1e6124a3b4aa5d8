import fc from "fast-check";
import { expect, test } from "vitest";
import { normalise } from "./normalise.ts";
import { tokensOf } from "./tokens.ts";

test.each<[string, string[]]>([
  ["I can't decide, really", ["i", "can't", "decide", "really"]],
  ["仕事を辞めて独立したい", ["仕事", "辞め", "独立"]],
  ["時期尚早なプロジェクト", ["時期", "期尚", "尚早", "プロジェクト"]],
  ["还不是时候", ["还不", "不是", "是时", "时候"]],
  ["疲れた😅😅", ["疲れ", "😅", "😅"]],
  ["水", ["水"]],
  ["のにはを", []],
  ["", []],
])("%s", (text, tokens) => {
  expect(tokensOf(normalise(text))).toEqual(tokens);
});

test("a token stands in its text, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      const normal = normalise(text);
      for (const token of tokensOf(normal)) {
        expect(token).not.toBe("");
        expect(normal).toContain(token);
      }
    }),
  );
});
