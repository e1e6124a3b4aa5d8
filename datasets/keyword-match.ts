import type { Language } from "#contracts/event.ts";
import type { HexagramFile } from "#contracts/line.ts";
import { normalise } from "#model/normalise.ts";
import { keywordsOf } from "./keywords.ts";

/**
 * The specification's starting point (7.3): lines ranked by the weights of those of their keywords that stand in the text, synonyms
 * counting as the word they stand beside. Best first; lines of equal weight by id.
 */
export function createKeywordMatch(hexagrams: readonly HexagramFile[]): (text: string, lang: Language) => number[] {
  const byLanguage = Object.groupBy(keywordsOf(hexagrams), ({ lang }) => lang);
  const count = 6 * hexagrams.length;
  return (text, lang) => {
    const normal = normalise(text);
    const scores = new Map<number, number>(Array.from({ length: count }, (_, index) => [index + 1, 0]));
    for (const { term, label, weight } of byLanguage[lang] ?? []) {
      const id = Number(label);
      if (normal.includes(term)) scores.set(id, (scores.get(id) ?? 0) + weight);
    }
    return [...scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([id]) => id);
  };
}
