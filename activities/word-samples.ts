import type { Samples } from "#contracts/alert.ts";
import { decodeDictionary } from "#model/dictionary.ts";
import { coverageOf } from "#policy/coverage.ts";
import { askedQueries, usageOf } from "#training/usage.ts";
import type { Dependencies } from "./dependencies.ts";
import { recentEvents } from "./recent-events.ts";

const DAY = 86_400_000;

type Needs = Pick<Dependencies, "registry" | "artefacts" | "released" | "edge" | "config">;

/** How many words of `dictionary.coverageDays` no dictionary has, as a metric. @throws NotReachableError where the edge does not answer */
export async function wordSamples(needs: Needs, now: number): Promise<Samples> {
  const { edge, released, config } = needs;
  const days = [now - config.dictionary.coverageDays * DAY, now + 1];
  const [pointer, [events = []]] = await Promise.all([edge.pointer(), recentEvents(needs, days)]);
  const queries = askedQueries(events);
  if (queries.length === 0) return { new_words_detected: { value: 0, n: 0 } };
  const sha256 = pointer?.dictionary;
  const terms = sha256 === undefined ? [] : decodeDictionary(await released.get({ sha256 })).terms;
  const { new_words_detected } = coverageOf(usageOf(queries), new Set(terms), config.dictionary);
  return { new_words_detected: { value: new_words_detected, n: queries.length } };
}
