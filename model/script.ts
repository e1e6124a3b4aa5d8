/** What a code point is to the feature extractor and the language detector. */
export const OTHER = 0;
/** A letter, digit or mark of a script that writes spaces between words (Latin, Greek, Cyrillic, Hangul, ...). */
export const WORD = 1;
export const HAN = 2;
export const HIRAGANA = 3;
export const KATAKANA = 4;
/** An emoji or another symbol that stands for itself. */
export const SYMBOL = 5;

const ASCII = new Uint8Array(128);
for (const character of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_'") {
  ASCII[character.charCodeAt(0)] = WORD;
}

/** Script of a code point by fixed ranges, so that it does not depend on the engine's Unicode version. */
export function scriptOf(point: number): number {
  if (point < 0x80) return ASCII[point] as number;
  if (point < 0x2000) return point < 0xaa || point === 0xd7 || point === 0xf7 ? OTHER : WORD;
  if (point < 0x3000) return point >= 0x2190 ? SYMBOL : OTHER;
  if (point < 0x3400) {
    if (point >= 0x3041 && point <= 0x309f) return HIRAGANA;
    if (point >= 0x30a1 && point <= 0x30ff && point !== 0x30fb) return KATAKANA;
    return point >= 0x3005 && point <= 0x3007 ? HAN : OTHER;
  }
  if (point < 0xa000) return point >= 0x4dc0 && point <= 0x4dff ? SYMBOL : HAN;
  if (point < 0xd800) return WORD;
  if (point < 0x10000) return point >= 0xf900 && point <= 0xfaff ? HAN : OTHER;
  if (point >= 0x1f000 && point <= 0x1faff) return SYMBOL;
  return point >= 0x20000 && point <= 0x3ffff ? HAN : OTHER;
}
