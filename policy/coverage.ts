import type { DictionaryConfig } from "#contracts/config.ts";
import type { TokenUsage } from "#contracts/dictionary.ts";

/** How much of what is asked a dictionary knows (specification 3.3). */
export interface Coverage {
  /** Share of the different tokens; 0 where there are none. */
  coverage_rate: number;
  /** Share of the tokens as often as they are asked with: what users feel. */
  token_weighted_rate: number;
  total_unique_tokens: number;
  covered_tokens: number;
  /** The most frequent, at most 100. */
  uncovered_tokens: string[];
  /** Tokens that a rebuild would consider: unknown, frequent, and of enough users. */
  new_words_detected: number;
  recommendation: string;
}

const MOST_UNCOVERED = 100;

/** Most frequent first, equal ones by their text. */
const byFrequency = (a: TokenUsage, b: TokenUsage): number => b.frequency - a.frequency || (a.token < b.token ? -1 : 1);

/** Words that a rebuild may add: frequent, unknown, and used by enough users; most frequent first (specification 3.1). */
export const newWords = (
  usage: readonly TokenUsage[],
  known: ReadonlySet<string>,
  { min_frequency, minimumUsers }: Pick<DictionaryConfig, "min_frequency" | "minimumUsers">,
): TokenUsage[] =>
  usage
    .filter(({ token, frequency, users }) => frequency >= min_frequency && users >= minimumUsers && !known.has(token))
    .sort(byFrequency);

/** @param usage each token once */
export function coverageOf(
  usage: readonly TokenUsage[],
  known: ReadonlySet<string>,
  settings: Pick<DictionaryConfig, "min_frequency" | "minimumUsers" | "coverage">,
): Coverage {
  const uncovered = usage.filter(({ token }) => !known.has(token)).sort(byFrequency);
  const sum = (all: readonly TokenUsage[]): number => all.reduce((total, { frequency }) => total + frequency, 0);
  const [asked, missed] = [sum(usage), sum(uncovered)];
  const covered = usage.length - uncovered.length;
  const rates = {
    coverage_rate: usage.length === 0 ? 0 : covered / usage.length,
    token_weighted_rate: asked === 0 ? 0 : (asked - missed) / asked,
  };
  const candidates = newWords(usage, known, settings).length;
  return {
    ...rates,
    total_unique_tokens: usage.length,
    covered_tokens: covered,
    uncovered_tokens: uncovered.slice(0, MOST_UNCOVERED).map(({ token }) => token),
    new_words_detected: candidates,
    recommendation: recommend(usage.length, rates.token_weighted_rate, candidates, settings.coverage),
  };
}

function recommend(tokens: number, rate: number, candidates: number, wanted: number): string {
  if (tokens === 0) return "No query with consent is in the log: nothing can be said.";
  const words = `${candidates} new word${candidates === 1 ? "" : "s"}`;
  if (rate > wanted) return `Nothing to do: ${words} may be added at the next monthly rebuild.`;
  return candidates > 0
    ? `Rebuild the dictionary: ${words} qualify, and it knows ${(100 * rate).toFixed(1)}% of what is asked, not more than ${100 * wanted}%.`
    : `It knows ${(100 * rate).toFixed(1)}% of what is asked, not more than ${100 * wanted}%, but no unknown word is frequent enough to be added: author keywords for the uncovered tokens.`;
}
