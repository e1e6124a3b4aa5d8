import type { Language } from "#contracts/event.ts";
import { normalise } from "#model/normalise.ts";

/** English words that say nothing of a situation. */
const STOP_WORDS = new Set(
  `a an the i i'm i've i'd i'll my me mine myself we we're we've our us you you're your he he's his him she she's her it it's its
  is are was were be been being am to of in on at for and or but so that this these those with not no do does did don't doesn't
  didn't have has had haven't hasn't just as if up from by what how should can can't could will would won't about they they're
  them their there when while out all any some one two too very more than then now only even still over into off after before
  because who which where why get got go going make made like want know think said says say let`.split(/\s+/),
);

/** A text as it is compared: spelt one way, without spaces where the script has none. */
export const spelt = (text: string, lang: Language): string =>
  lang === "en" ? normalise(text) : normalise(text).replaceAll(" ", "");

/** Words of an English text, lower case, with marks inside them kept (`don't`). */
const wordsOf = (text: string): string[] =>
  normalise(text)
    .replaceAll("’", "'")
    .match(/[a-z0-9']+/g) ?? [];

/** The words of an English text that say something. */
const contentWordsOf = (text: string): string[] => wordsOf(text).filter((word) => !STOP_WORDS.has(word));

/** Every run of `length` items. */
function runs(items: readonly string[], length: number, glue: string): Set<string> {
  return new Set(
    Array.from({ length: Math.max(0, items.length - length + 1) }, (_, start) =>
      items.slice(start, start + length).join(glue),
    ),
  );
}

/** Every run of `length` characters of a text, spaces aside. */
export const characterRuns = (text: string, lang: Language, length: number): Set<string> =>
  runs([...spelt(text, lang)], length, "");

/** Every run of `length` content words of an English text. */
export const contentRuns = (text: string, length: number): Set<string> => runs(contentWordsOf(text), length, " ");

/** Every run of five words with three content words or more: what a generator would repeat, and people would not. */
export function phraseRuns(text: string): Set<string> {
  const all = runs(wordsOf(text), 5, " ");
  return new Set([...all].filter((run) => run.split(" ").filter((word) => !STOP_WORDS.has(word)).length >= 3));
}

/** Pairs of neighbours that carry meaning: content words in English; else characters of which one is no hiragana and no mark. */
export function contentBigrams(text: string, lang: Language): Set<string> {
  if (lang === "en") return contentRuns(text, 2);
  return new Set(
    [...characterRuns(text, lang, 2)].filter(
      (pair) => /[\p{Script=Han}\p{Script=Katakana}\p{Script=Latin}\p{N}]/u.test(pair) && !/[\p{P}\p{S}]/u.test(pair),
    ),
  );
}

/** Shared members over all members; 0 where both are empty. */
export function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((one) => b.has(one)).length;
  return shared === 0 ? 0 : shared / (a.size + b.size - shared);
}
