import type { Language } from "#contracts/event.ts";
import { HAN, HIRAGANA, KATAKANA, scriptOf, WORD } from "./script.ts";

/** Frequent characters of Chinese prose that Japanese does not use, or hardly ever outside compounds. */
const CHINESE = new Set(
  "的了吗们这那你您吧呢很还没么个说为时对过让从给把跟着想样觉爱发见问间长门开关东车马业产书两几办动劳华协单卖卫压厂历县参双变岁师带应张当归录总战报择护换据断无旧显术极构标树权条来龙龟她它俺咱谁哪怎",
);
/** Characters that only Japanese writes so. */
const JAPANESE = new Set("込働畑峠辻匂枠栃凪噺気円図国会学楽写実験検経済続読変売発対帰悪広戦転駅鉄辺込払仏徳斉渋");

/**
 * The language of a text by its characters: kana make it Japanese; Chinese characters alone are judged by those that only one of
 * the two writes, and are Japanese where nothing tells; Latin letters make it English. Text without any letter counts as Japanese.
 */
export function detectLanguage(text: string): Language {
  let kana = 0;
  let han = 0;
  let letters = 0;
  let chinese = 0;
  let japanese = 0;
  for (const character of text) {
    const script = scriptOf(character.codePointAt(0) as number);
    if (script === HIRAGANA || script === KATAKANA) kana += 1;
    else if (script === WORD) letters += 1;
    else if (script === HAN) {
      han += 1;
      if (CHINESE.has(character)) chinese += 1;
      if (JAPANESE.has(character)) japanese += 1;
    }
  }
  // A foreign name in Latin letters takes more of them than the words around it take kana or kanji.
  if ((kana + han) * 6 < letters) return "en";
  if (kana > 0) return "ja";
  return chinese > japanese ? "zh" : "ja";
}
