import fc from "fast-check";
import { expect, it } from "vitest";
import { highlight } from "./highlight.ts";

const marked = (text: string, terms: string[]) =>
  highlight(text, terms)
    .map((piece) => (piece.reason ? `[${piece.text}]` : piece.text))
    .join("");

it("marks terms wherever they stand, whatever their case and width", () => {
  expect(marked("新しい部署で黙って見ている", ["黙", "部署"])).toBe("新しい[部署]で[黙]って見ている");
  expect(marked("I QUIT and quit", ["quit"])).toBe("I [QUIT] and [quit]");
  expect(marked("ＡＩに負ける", ["ai"])).toBe("[ＡＩ]に負ける");
  expect(marked("まだ黙", ["まだ", "だ黙"])).toBe("[まだ黙]");
  expect(marked("㍿の件", ["株式会社"])).toBe("[㍿]の件");
});

it("marks nothing where a term is not found, and nothing is lost of any text", () => {
  expect(marked("なにもない", ["別", " ", ""])).toBe("なにもない");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.array(fc.string({ maxLength: 3 })), (text, terms) => {
      expect(
        highlight(text, terms)
          .map((piece) => piece.text)
          .join(""),
      ).toBe(text);
    }),
  );
});
