import { characterRuns, phraseRuns } from "../words.ts";
import { type Authored, type Check, rule } from "./check.ts";

const CHARACTERS = 10;
/** Lines in which one phrase may stand. */
const LINES = 4;

/** No phrase stands in queries of many lines: a generator that joins a hexagram's phrase to a position's would leave just that. */
export function generator({ queries }: Authored): Check {
  const linesOf = new Map<string, Set<number>>();
  for (const { text, lang, lineId } of queries) {
    for (const run of lang === "en" ? phraseRuns(text) : characterRuns(text, lang, CHARACTERS)) {
      linesOf.set(run, (linesOf.get(run) ?? new Set()).add(lineId));
    }
  }
  const faults = [...linesOf]
    .filter(([, lines]) => lines.size > LINES)
    .map(([run, lines]) => `"${run}" in lines ${[...lines].join(", ")}`);
  return rule(`no phrase stands in more than ${LINES} lines`, linesOf.size, faults);
}
