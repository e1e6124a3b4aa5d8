import { Language } from "#contracts/event.ts";
import { type HexagramFile, lineId } from "#contracts/line.ts";
import { normalise } from "#model/normalise.ts";

/** What a word that speaks against a line takes away. */
const AGAINST = 2;

/**
 * The specification's starting point (7.3): lines ranked by the weights of those of their keywords that stand in the text, synonyms
 * counting as the word they stand beside. Best first; lines of equal weight by id.
 */
export function createKeywordMatch(hexagrams: readonly HexagramFile[]): (text: string, lang: Language) => number[] {
  const dictionary = new Map<Language, { id: number; terms: [string, number][] }[]>(
    Language.options.map((lang) => [
      lang,
      hexagrams.flatMap(({ hexagram, lines }) =>
        lines.map(({ position, keywords, synonyms, antiKeywords }) => {
          const own = new Map(Object.entries(keywords[lang] ?? {}).map(([term, weight]) => [normalise(term), weight]));
          for (const group of synonyms[lang] ?? []) {
            const weight = Math.max(0, ...group.map((term) => own.get(normalise(term)) ?? 0));
            for (const term of group) own.set(normalise(term), Math.max(weight, 1));
          }
          for (const term of antiKeywords[lang] ?? []) own.set(normalise(term), -AGAINST);
          return { id: lineId(hexagram, position), terms: [...own] };
        }),
      ),
    ]),
  );
  return (text, lang) => {
    const normal = normalise(text);
    const scored = (dictionary.get(lang) ?? []).map(({ id, terms }) => ({
      id,
      score: terms.reduce((sum, [term, weight]) => (normal.includes(term) ? sum + weight : sum), 0),
    }));
    return scored.sort((a, b) => b.score - a.score || a.id - b.id).map(({ id }) => id);
  };
}
