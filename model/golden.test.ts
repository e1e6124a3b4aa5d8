import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeModel, encodeModel } from "./codec.ts";
import { type GoldenAnswer, type GoldenBytes, goldenAnswer, goldenModel, goldenRungs } from "./golden.ts";
import { RUNGS } from "./model.ts";
import { createClassifier } from "./score.ts";

/** Run with HAQEI_UPDATE_GOLDEN=1 to write the file again, after raising the version of what changed. */
const file = new URL("./golden.json", import.meta.url);
const rungsFile = new URL("./golden-rungs.json", import.meta.url);

const texts = [
  "",
  " ",
  "転職するか迷っている",
  "今の会社は好きだけど、将来が不安です。",
  "ﾃｽﾄに落ちた",
  "テストに落ちた😭😭 もう一度だけ頑張る！！",
  "すごーーーーい",
  "すごーい",
  "まじかwwwww",
  "まじかw",
  "笑笑笑 別れた",
  "彼氏と別れたいのに言い出せない",
  "彼氏と別れたくない。言い出さない。行きません。知らず。",
  "スマホ スマートフォン ｽﾏﾎ",
  "Ｗｈａｔ　ｓｈｏｕｌｄ　ｉ　ｄｏ",
  "Should I quit my job, or WAIT?",
  "i don't know",
  "i don’t know",
  "I do not know what to do next",
  "quit quit quit quit job job",
  "a",
  "i",
  "x y z",
  "naïve café İstanbul ẞ ß ﬁ",
  "cafe\u0301 か\u3099 は\u309a",
  "\u0301\u0301\u0301",
  "e\u0301\u0302\u0303\u0304 z\u0351\u0352a\u0353l\u0354go",
  "她不知道该不该搬家，工作压力很大。",
  "工作压力",
  "不要搬家",
  "我没有办法",
  "沢 澤 兌 兑 無 无 晋 晉",
  "時々 〆切 〇",
  "転職",
  "iPhoneを買うか迷う",
  "AIの仕事 3年目 2024年",
  "１２３ 456 ⅷ ㈱ ㍻",
  "👨‍👩‍👧‍👦",
  "👍🏽❤️🇯🇵",
  "☰ ䷀ ䷿",
  "😭",
  "\ud83d lone \ude2d surrogates",
  "한국어 텍스트 회사",
  "Привет, что делать дальше?",
  "שלום مرحبا नमस्ते",
  "ไม่รู้จะทำอะไร",
  "𠮷野家 𩸽",
  "line\nbreak\ttab\u0000nul\u00a0nbsp\u3000wide",
  "zero\u200bwidth\u200djoin\ufeff",
  "!!! ??? ... ———",
  "<script>alert('x')</script>",
  "https://example.com/転職?q=仕事",
  "label\ttext",
  "ーーー",
  "ｶﾞｷﾞｸﾞ ヴ ㌔",
  "将来が不安です将来が不安です将来が不安です",
  "会社".repeat(1000),
  "a ".repeat(1000),
  "転職するか迷っている。should i quit? ".repeat(60),
  `${"あ".repeat(1999)}😭`,
  "😭".repeat(1100),
  "x".repeat(2500),
  "w".repeat(50),
];

if (process.env.HAQEI_UPDATE_GOLDEN === "1") {
  const classifier = createClassifier(goldenModel());
  writeFileSync(
    file,
    `${JSON.stringify(
      texts.map((text) => goldenAnswer(classifier, text)),
      null,
      1,
    )}\n`,
  );
  const rungs = RUNGS.map((rung): GoldenBytes => {
    const bytes = encodeModel(goldenRungs()[rung]);
    const stored = createClassifier(decodeModel(bytes));
    const some = texts.filter((_, at) => at % 6 === 2).map((text) => goldenAnswer(stored, text));
    return { rung, bytes: Buffer.from(bytes).toString("base64"), answers: some };
  });
  writeFileSync(rungsFile, `${JSON.stringify(rungs, null, 1)}\n`);
}

describe("golden answers", () => {
  const golden = JSON.parse(readFileSync(file, "utf8")) as GoldenAnswer[];

  test("the file holds every text", () => {
    expect(golden.map(({ text }) => text)).toEqual(texts.map((text) => JSON.parse(JSON.stringify(text))));
  });

  test("a model gives the scores in the file, bit for bit", () => {
    const classifier = createClassifier(goldenModel());
    expect(golden.map(({ text }) => goldenAnswer(classifier, text))).toEqual(golden);
  });

  test("so does one that was stored and read", () => {
    const classifier = createClassifier(decodeModel(encodeModel(goldenModel())));
    expect(golden.map(({ text }) => goldenAnswer(classifier, text))).toEqual(golden);
  });

  test("they cover all languages, and answers with and without known features", () => {
    expect(new Set(golden.map(({ lang }) => lang))).toEqual(new Set(["ja", "en", "zh"]));
    expect(new Set(golden.map(({ path }) => path))).toEqual(new Set(["full", "prior"]));
  });
});

describe("golden bytes of each rung", () => {
  const golden = JSON.parse(readFileSync(rungsFile, "utf8")) as GoldenBytes[];

  test("the file holds every rung", () => {
    expect(golden.map(({ rung }) => rung)).toEqual([...RUNGS]);
  });

  test.each(golden)(
    "are read as ever on rung $rung: the same model, the same answers, the same bytes again",
    (stored) => {
      const bytes = new Uint8Array(Buffer.from(stored.bytes, "base64"));
      const model = decodeModel(bytes);
      expect(encodeModel(model)).toEqual(bytes);
      const classifier = createClassifier(model);
      expect(stored.answers.map(({ text }) => goldenAnswer(classifier, text))).toEqual(stored.answers);
      expect(encodeModel(goldenRungs()[stored.rung])).toEqual(bytes);
    },
  );
});
