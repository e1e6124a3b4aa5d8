import type { DictionaryConfig } from "#contracts/config.ts";
import type { DictionaryWord, TokenUsage } from "#contracts/dictionary.ts";
import { type Coverage, coverageOf, newWords } from "./coverage.ts";

const DAY = 86_400_000;

/** A log's usage: of each token once, from `since` to `until` (ms since 1970). */
export interface UsageLog {
  usage: readonly TokenUsage[];
  since: number;
  until: number;
}

/** Which words a rebuild keeps, adds and removes (specification 3.1). Words of authors are always kept and are not counted. */
export interface DictionaryPlan {
  /** The most frequent of those that were not removed. */
  keep_words: string[];
  add_words: string[];
  /** Out of use, and those that there is no place for. */
  remove_words: string[];
}

/**
 * Plans a rebuild. A word is out of use where it was last asked with `threshold_days` ago or longer and fewer than `min_frequency`
 * times in the log; one never seen counts as seen when the log begins, so that a short log removes nothing.
 */
export function planDictionary(
  words: readonly DictionaryWord[],
  { usage, since, until }: UsageLog,
  settings: Pick<DictionaryConfig, "threshold_days" | "min_frequency" | "keep_words" | "add_words" | "minimumUsers">,
): DictionaryPlan {
  const usageOf = new Map(usage.map((one) => [one.token, one]));
  const own = words
    .filter(({ authored }) => !authored)
    .map(({ term, lastSeenDay }) => {
      const used = usageOf.get(term);
      const lastSeen = Math.max(used?.lastSeen ?? 0, lastSeenDay * DAY) || since;
      return { term, frequency: used?.frequency ?? 0, lastSeen };
    });
  const isUsed = ({ frequency, lastSeen }: (typeof own)[number]): boolean =>
    frequency >= settings.min_frequency || until - lastSeen < settings.threshold_days * DAY;
  const ranked = own.filter(isUsed).sort((a, b) => b.frequency - a.frequency || (a.term < b.term ? -1 : 1));
  const keep_words = ranked.slice(0, settings.keep_words).map(({ term }) => term);
  const kept = new Set(keep_words);
  const known = new Set(words.map(({ term }) => term));
  return {
    keep_words,
    add_words: newWords(usage, known, settings)
      .slice(0, settings.add_words)
      .map(({ token }) => token),
    remove_words: own.flatMap(({ term }) => (kept.has(term) ? [] : [term])),
  };
}

/** A dictionary as it was made, before it is judged. */
export interface BuiltDictionary {
  bytes: Uint8Array;
  words: readonly DictionaryWord[];
}

export type Rebuilt = DictionaryPlan & {
  coverage: Coverage;
  bytes: number;
} & ({ accepted: true; built: BuiltDictionary } | { accepted: false; reason: string });

/**
 * The monthly rebuild in one call: plans, has the dictionary made, and judges it by its size and by how much it knows of what was
 * asked. Where it is refused the one that serves stays, with a reason.
 *
 * @param build makes a dictionary of the words of authors and of these
 */
export function rebuildDictionary(
  words: readonly DictionaryWord[],
  log: UsageLog,
  settings: DictionaryConfig,
  build: (words: readonly string[]) => BuiltDictionary,
): Rebuilt {
  const plan = planDictionary(words, log, settings);
  const built = build([...plan.keep_words, ...plan.add_words]);
  const coverage = coverageOf(log.usage, new Set(built.words.map(({ term }) => term)), settings);
  const bytes = built.bytes.byteLength;
  const refused = (reason: string): Rebuilt => ({ ...plan, coverage, bytes, accepted: false, reason });
  if (log.usage.length === 0) return refused("no-usage: no query with consent is in the log");
  if (bytes > settings.target_size_kb * 1024)
    return refused(`too-large: ${bytes} bytes are more than dictionary.target_size_kb ${settings.target_size_kb}`);
  // By occurrence: of different tokens most are asked with once, and no dictionary of this size could know them.
  if (coverage.token_weighted_rate <= settings.coverage)
    return refused(
      `coverage: it knows ${coverage.token_weighted_rate.toFixed(3)} of the tokens asked with, not more than dictionary.coverage ${settings.coverage}`,
    );
  return { ...plan, coverage, bytes, accepted: true, built };
}
