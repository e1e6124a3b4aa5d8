import type { QueryRecord } from "#contracts/query.ts";
import { characterRuns, spelt } from "../words.ts";
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
 * No text is nearly another one of another line. An exact join: what a text shares with each earlier one is counted over the
 * trigrams it holds, so that no two sets are ever compared; at twenty thousand texts it needs no MinHash.
 */
export function nearDuplicates({ queries }: Authored): Check {
  const sizes: number[] = [];
  const holders = new Map<string, number[]>();
  const shared = new Int32Array(queries.length);
  const faults: string[] = [];
  queries.forEach((query, index) => {
    const grams = characterRuns(query.text, query.lang, 3);
    for (const gram of grams) {
      const earlier = holders.get(gram);
      if (!earlier) holders.set(gram, [index]);
      else {
        for (const other of earlier) shared[other] = (shared[other] as number) + 1;
        earlier.push(index);
      }
    }
    for (let other = 0; other < index; other += 1) {
      const common = shared[other] as number;
      const likeness = common / (grams.size + (sizes[other] as number) - common);
      const one = queries[other] as QueryRecord;
      if (likeness >= NEAR && one.lineId !== query.lineId)
        faults.push(`${one.id} and ${query.id}: ${likeness.toFixed(2)}`);
    }
    shared.fill(0, 0, index);
    sizes.push(grams.size);
  });
  return rule(`no near duplicates across lines (trigram Jaccard ${NEAR})`, queries.length, faults);
}
