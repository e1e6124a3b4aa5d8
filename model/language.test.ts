import { expect, test } from "vitest";
import { detectLanguage } from "./language.ts";

test.each([
  ["転職するか迷っている", "ja"],
  ["ホテル", "ja"],
  ["転職 不安", "ja"],
  ["iPhoneを買う", "ja"],
  ["should i quit my job", "en"],
  ["I love 寿司 and ramen so very much", "en"],
  ["她不知道该不该搬家", "zh"],
  ["我的工作压力很大", "zh"],
  ["", "ja"],
  ["😭", "ja"],
])("%j is %s", (text, language) => {
  expect(detectLanguage(text)).toBe(language);
});
