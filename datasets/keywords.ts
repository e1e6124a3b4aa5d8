import type { AuthoredKeyword } from "#contracts/dictionary.ts";
import { Language } from "#contracts/event.ts";
import { type HexagramFile, lineId } from "#contracts/line.ts";
import { normalise } from "#model/normalise.ts";

/** What a word that speaks against a line takes away. */
const AGAINST = 2;

/**
 * The words that authors wrote for the lines, normalised, each once a line and language: keywords with their weights, synonyms with
 * that of the word they stand beside, and below 0 what speaks against a line.
 */
export const keywordsOf = (hexagrams: readonly HexagramFile[]): (AuthoredKeyword & { lang: Language })[] =>
  hexagrams.flatMap(({ hexagram, lines }) =>
    lines.flatMap(({ position, keywords, synonyms, antiKeywords }) => {
      const label = String(lineId(hexagram, position));
      return Language.options.flatMap((lang) => {
        const own = new Map(Object.entries(keywords[lang] ?? {}).map(([term, weight]) => [normalise(term), weight]));
        for (const group of synonyms[lang] ?? []) {
          const weight = Math.max(0, ...group.map((term) => own.get(normalise(term)) ?? 0));
          for (const term of group) own.set(normalise(term), Math.max(weight, 1));
        }
        for (const term of antiKeywords[lang] ?? []) own.set(normalise(term), -AGAINST);
        return [...own].map(([term, weight]) => ({ term, label, weight, lang }));
      });
    }),
  );
