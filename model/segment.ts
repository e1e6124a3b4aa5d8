import { InputError } from "#contracts/errors.ts";

/**
 * Words of text without spaces between them by `Intl.Segmenter`: Unicode Standard Annex 29 with the dictionaries of ICU, which also
 * knows words of several scripts (別れ, 引っ越し). Other versions of ICU cut elsewhere, so a model trained with it remembers this
 * runtime's `segmenterPrint`, and is refused where another cuts the probe otherwise, or nothing can.
 */
export type Segment = (text: string) => Iterable<{ readonly segment: string }>;

/** Everyday Japanese and Chinese, and places where dictionaries are known to differ. */
const PROBE = [
  "今の会社を辞めて転職するか迷っている。彼氏と別れたいのに言い出せない",
  "スマホを見るのも怖いし、東京都に引っ越したばかりなのに友達ができません",
  "すもももももももものうち。取引先との契約書にサインしてしまった",
  "她不知道该不该搬家,工作压力很大,想辞职又怕找不到新工作",
  "研究生命起源的时候应该先问老师还是自己先试试看",
];

/** What cuts texts here. Throws InputError where the runtime has no `Intl.Segmenter`. */
export function segmenterHere(): Segment {
  if (typeof Intl === "undefined" || typeof Intl.Segmenter !== "function") {
    throw new InputError(
      "this runtime has no Intl.Segmenter",
      "Train with training.segmenter false, or use another runtime.",
    );
  }
  const segmenter = new Intl.Segmenter("ja", { granularity: "word" });
  return (text) => segmenter.segment(text);
}

/** A number that is equal where the probe is cut alike: FNV-1a (Fowler, Noll, Vo) over the lengths of its words, 32 bits. */
export function segmenterPrint(segment: Segment = segmenterHere()): number {
  let print = 0x811c9dc5;
  for (const text of PROBE)
    for (const { segment: word } of segment(text)) print = Math.imul(print ^ word.length, 0x01000193);
  return print >>> 0;
}
