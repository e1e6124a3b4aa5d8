import { MAX_TEXT } from "#contracts/event.ts";

/** Rises with every change that can alter what `normalise` returns; a model remembers the one it was trained with. */
export const NORMALISER_VERSION = 1;

/** Characters that are written in two ways in the names of hexagrams and in queries about them. */
const VARIANTS: Readonly<Record<string, string>> = { 澤: "沢", 兑: "兌", 无: "無", 晉: "晋", "’": "'", "‘": "'" };

/** Invisible characters that would hide a match: joiners, direction marks, variation selectors. */
const INVISIBLE = /(?:[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]|\ufe0e|\ufe0f)+/g;
const VARIANT = /[澤兑无晉’‘]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters separate words like white space does
const SPACE = /[\s\u0000-\u001f\u007f-\u009f]+/g;
const LONG_VOWELS = /ー{2,}/g;
/** A laugh: a run of w that is no part of a Latin word, or of 笑. */
const LAUGH_W = /(?<![a-z0-9])w{2,}(?![a-z0-9])/g;
const LAUGH_KANJI = /笑{2,}/g;

/** The first `limit` UTF-16 code units of `text`, never half a surrogate pair. */
function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit);
}

/**
 * One spelling for what means the same: NFKC, lower case, variant characters folded, invisible ones dropped, white space
 * folded to single spaces, runs of ー, w and 笑 to one. The result has at most `MAX_TEXT` code units; idempotent.
 */
export function normalise(text: string): string {
  // Lower-casing can leave NFKC (and NFKC can bring capitals), hence the second pass, which is free for most text.
  const visible = cut(text, MAX_TEXT).replace(INVISIBLE, "");
  const folded = visible.normalize("NFKC").toLowerCase().normalize("NFKC");
  const spelled = folded
    .replace(VARIANT, (character) => VARIANTS[character] ?? character)
    .replace(LONG_VOWELS, "ー")
    .replace(LAUGH_W, "w")
    .replace(LAUGH_KANJI, "笑")
    .replace(SPACE, " ");
  return cut(spelled.trim(), MAX_TEXT).trimEnd();
}
