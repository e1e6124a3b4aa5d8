import type { LabelledText } from "../problem.ts";

/** Four easy classes in two languages, six texts each, for tests of training that take milliseconds. */
const texts: Readonly<Record<string, readonly string[]>> = {
  weather: [
    "will it rain today",
    "is it cold outside",
    "how hot is it",
    "明日は雨ですか",
    "外は寒いですか",
    "天気はどうなりますか",
  ],
  food: [
    "what can i cook tonight",
    "a recipe for soup",
    "i want to eat noodles",
    "晩ご飯は何にしよう",
    "スープの作り方",
    "ラーメンが食べたい",
  ],
  money: [
    "how much is in my account",
    "pay my bill",
    "transfer money to my bank",
    "口座の残高はいくら",
    "請求書を払いたい",
    "銀行に送金する",
  ],
  travel: [
    "book a flight to tokyo",
    "find a hotel room",
    "when does the train leave",
    "東京行きの飛行機を予約",
    "ホテルの部屋を探す",
    "電車は何時に出ますか",
  ],
};

export const tinyExamples: readonly LabelledText[] = Object.entries(texts).flatMap(([label, own]) =>
  own.map((text) => ({ label, text })),
);

export const tinyDev: readonly LabelledText[] = [
  { label: "weather", text: "will it rain", lang: "en" },
  { label: "food", text: "a soup recipe", lang: "en" },
  { label: "money", text: "口座に送金したい", lang: "ja" },
  { label: "travel", text: "ホテルを予約", lang: "ja" },
];
