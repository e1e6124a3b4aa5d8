import { createExtractor, NGRAMS_PER_POINT, type Ngrams } from "./features.ts";
import type { Model } from "./model.ts";
import { normalise } from "./normalise.ts";
import { createVectoriser, type SparseVector } from "./vector.ts";

/** A text as a model sees it. Its arrays are scratch: valid until the next text is read. */
export interface ReadText {
  readonly ngrams: Ngrams;
  readonly vector: SparseVector;
  /** Code points read and n-grams hashed. */
  readonly operations: number;
  /** The budget left out something of the text. */
  readonly reduced: boolean;
}

/** Reads texts for one model; scoring and explaining share one, so that a text is read once for both. */
export interface Reader {
  /** Takes as much of the text as `budget` operations allow, a multiply-add for each feature and dimension included. */
  read(text: string, budget: number): ReadText;
  /** What was read last, where it was this text; else it is read whole. */
  again(text: string): ReadText;
}

export function createReader(model: Model): Reader {
  const { extract } = createExtractor(model.segmenter !== undefined);
  const { vectorise } = createVectoriser(model.keys, model.idf);
  let last: { text: string; read: ReadText } | undefined;

  function read(text: string, budget: number): ReadText {
    // Half goes at most to reading, so that features found can also be used.
    const pointLimit = Math.floor(budget / 2 / (1 + NGRAMS_PER_POINT));
    const ngrams = extract(normalise(text), pointLimit);
    const operations = ngrams.pointsRead + ngrams.seen;
    const featureLimit = Math.floor((budget - operations) / model.dimension);
    const vector = vectorise(ngrams, featureLimit);
    const reduced = vector.length === featureLimit || ngrams.pointsRead === pointLimit;
    last = { text, read: { ngrams, vector, operations, reduced } };
    return last.read;
  }

  return { read, again: (text) => (last?.text === text ? last.read : read(text, Number.POSITIVE_INFINITY)) };
}
