import type { Language } from "#contracts/event.ts";
import type { QueryRecord } from "#contracts/query.ts";
import { characterRuns, contentBigrams, contentRuns, jaccard } from "../words.ts";
import { type Authored, byLine, type Check, rule } from "./check.ts";

/** Characters, or English content words, that a test query may not share in a row with its line's training text. */
const CHARACTERS = 8;
const WORDS = 4;
/** Largest likeness of a test query and a training text of its line. */
const JACCARD = 0.2;

const longRuns = (text: string, lang: Language): Set<string> =>
  lang === "en" ? contentRuns(text, WORDS) : characterRuns(text, lang, CHARACTERS);

/** Every test query beside the training queries of its line in its language. */
function* testBesideTrain(queries: readonly QueryRecord[]): Generator<[QueryRecord, QueryRecord[]]> {
  for (const own of byLine(queries).values()) {
    for (const query of own) {
      if (query.split === "test")
        yield [query, own.filter(({ split, lang }) => split === "train" && lang === query.lang)];
    }
  }
}

/** No test query shares a long run with its line's training text. */
export function sharedRuns({ queries }: Authored): Check {
  let n = 0;
  const faults: string[] = [];
  for (const [query, trained] of testBesideTrain(queries)) {
    n++;
    const known = new Set(trained.flatMap(({ text, lang }) => [...longRuns(text, lang)]));
    const shared = [...longRuns(query.text, query.lang)].filter((run) => known.has(run));
    if (shared.length > 0) faults.push(`${query.id}: ${shared[0]}`);
  }
  return rule(`test shares no ${CHARACTERS} characters or ${WORDS} words with train`, n, faults);
}

/** No test query is like one of its line's training texts. */
export function likeness({ queries }: Authored): Check {
  let n = 0;
  const faults: string[] = [];
  for (const [query, trained] of testBesideTrain(queries)) {
    n++;
    const own = contentBigrams(query.text, query.lang);
    for (const { id, text, lang } of trained) {
      const share = jaccard(own, contentBigrams(text, lang));
      if (share >= JACCARD) faults.push(`${query.id} and ${id}: ${share.toFixed(2)}`);
    }
  }
  return rule(`test and train bigrams stay below Jaccard ${JACCARD}`, n, faults);
}
