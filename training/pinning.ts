import type { CompressionConfig } from "#contracts/config.ts";
import { createExtractor } from "#model/features.ts";
import type { Model } from "#model/model.ts";
import { normalise } from "#model/normalise.ts";
import { buildVocabulary, type LabelledText } from "./problem.ts";
import { byEnergy } from "./prune.ts";

/** Which features of a model are stored as they are, and the terms that it does not know. */
export interface Pins {
  readonly keys: ReadonlySet<number>;
  readonly unknown: readonly string[];
}

/**
 * The features that the config pins (specification 6.3): those of its terms, and so many more that decide most, by the energy that
 * features are kept by (`prune.ts`), over these examples.
 */
export function pinsOf(
  { terms, decisive }: CompressionConfig["pinned"],
  model: Model,
  examples: readonly LabelledText[],
): Pins {
  const known = new Set(model.keys);
  const keys = new Set<number>();
  const unknown: string[] = [];
  for (const term of terms) {
    const own = keysOf(term, model.segmenter !== undefined).filter((key) => known.has(key));
    if (own.length === 0) unknown.push(term);
    for (const key of own) keys.add(key);
  }
  if (decisive > 0) {
    const seen = buildVocabulary(examples, { keys: model.keys }, model.segmenter);
    const countOf = new Map(Array.from(seen.keys, (key, at) => [key, seen.documents[at] as number]));
    const documents = Uint32Array.from(model.keys, (key) => countOf.get(key) ?? 0);
    const order = byEnergy(documents, model).filter((feature) => !keys.has(model.keys[feature] as number));
    for (const feature of order.subarray(0, decisive)) keys.add(model.keys[feature] as number);
  }
  return { keys, unknown };
}

/** Keys of the n-grams that cover a term: as a word, as characters, with and without the word's boundaries. */
export function keysOf(term: string, segmented = false): number[] {
  const ngrams = createExtractor(segmented).extract(normalise(term));
  return Array.from(ngrams.keys.subarray(0, ngrams.length)).filter(
    (_, entry) => ngrams.starts[entry] === 0 && ngrams.ends[entry] === ngrams.pointsRead,
  );
}
