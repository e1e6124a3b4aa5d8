import type { QueryRecord } from "#contracts/query.ts";
import { characterRuns, jaccard, spelt } from "../words.ts";
import { type Authored, type Check, rule } from "./check.ts";

/** Likeness of character trigrams from which two texts are near duplicates. */
const NEAR = 0.5;

/** No text stands twice. */
export function duplicates({ queries }: Authored): Check {
  const groups = Map.groupBy(queries, ({ text, lang }) => spelt(text, lang));
  const faults = [...groups.values()]
    .filter(({ length }) => length > 1)
    .map((same) => `${same.map(({ id }) => id).join(" and ")}: ${same[0]?.text}`);
  return rule("no text stands twice", queries.length, faults);
}

/**
 * No text is nearly another one of another line. An exact join over shared trigrams: at twelve thousand texts it needs no
 * MinHash.
 */
export function nearDuplicates({ queries }: Authored): Check {
  const grams = queries.map(({ text, lang }) => characterRuns(text, lang, 3));
  const holders = new Map<string, number[]>();
  grams.forEach((own, index) => {
    for (const gram of own) holders.set(gram, [...(holders.get(gram) ?? []), index]);
  });
  const faults: string[] = [];
  grams.forEach((own, index) => {
    const shared = new Map<number, number>();
    for (const gram of own)
      for (const other of holders.get(gram) ?? []) if (other > index) shared.set(other, (shared.get(other) ?? 0) + 1);
    for (const [other, count] of shared) {
      const [one, two] = [queries[index], queries[other]] as [QueryRecord, QueryRecord];
      // Sharing fewer than half of the smaller one's trigrams cannot reach the limit: the exact figure is not needed.
      if (one.lineId === two.lineId || count < NEAR * Math.min(own.size, grams[other]?.size ?? 0)) continue;
      const share = jaccard(own, grams[other] as Set<string>);
      if (share >= NEAR) faults.push(`${one.id} and ${two.id}: ${share.toFixed(2)}`);
    }
  });
  return rule(`no near duplicates across lines (trigram Jaccard ${NEAR})`, queries.length, faults);
}
