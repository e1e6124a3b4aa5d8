import { InputError } from "#contracts/errors.ts";
import { createExtractor } from "#model/features.ts";
import type { Model } from "#model/model.ts";
import { normalise } from "#model/normalise.ts";
import { embed } from "#model/score.ts";
import { createVectoriser } from "#model/vector.ts";
import { evaluate } from "./evaluate.ts";
import type { LabelledText } from "./problem.ts";

/** What compression did to a model (specification 6.1), on held-out queries. */
export interface CompressionMeasures {
  readonly rung: Model["rung"];
  readonly n: number;
  /**
   * R2 of the compressed model's class scores against the original's: 1 - sum of (z' - z)^2 / sum of (z - mean of the class's z)^2,
   * with z = (W h + b) / temperature, as it is served, less its mean over the classes, which no answer depends on. The share of
   * variance kept.
   */
  readonly information_retention: number;
  /**
   * Mean cosine of a text's vector before and after. Compression turns the axes of h, so both are taken to the classes first, as
   * W h less its mean. A text of which both know nothing counts 1, one of which only one does 0.
   */
  readonly semantic_similarity: number;
  /**
   * The same of single n-grams: 1 - sum of v^2 |W' e' - W e|^2 / sum of v^2 |W e|^2 over the tokens of the queries, with v the
   * token's value and e its vector. Texts average damage out: a model with a tenth of its codes exchanged still keeps 97% of its
   * scores' variance (CLINC150, dev); here it keeps 86%. Only for a model made from the original, not trained again: absent otherwise.
   */
  readonly vector_retention?: number;
  /** Of the n-gram tokens that the original knows, the share that the compressed model still knows. */
  readonly keyword_coverage: number;
  /** Queries that the compressed model alone answers wrong, and alone right; and those on which the first answers are the same. */
  readonly worse: number;
  readonly better: number;
  readonly agreement: number;
}

/** Measures a compressed model against the one it was made from. Throws InputError without queries, or where the classes differ. */
export function measureCompression(
  original: Model,
  compressed: Model,
  queries: readonly LabelledText[],
): CompressionMeasures {
  const classes = original.classes.length;
  if (compressed.classes.join("\n") !== original.classes.join("\n")) {
    throw new InputError("the models have different classes", "Give a compressed model and the one it was made from.");
  }
  const before = createReader(original);
  const after = createReader(compressed);
  const sums = new Float64Array(classes);
  let squares = 0;
  let errors = 0;
  let cosines = 0;
  let known = 0;
  let covered = 0;
  let same = 0;
  const masses = new Map<number, number>();
  for (const { text } of queries) {
    const ours = before.read(text);
    const theirs = after.read(text);
    let [dot, ownSquares, otherSquares] = [0, 0, 0];
    for (let k = 0; k < classes; k += 1) {
      const score = ours.scores[k] as number;
      sums[k] = (sums[k] as number) + score;
      squares += score * score;
      errors += ((theirs.scores[k] as number) - score) ** 2;
      const [own, other] = [ours.vector[k] as number, theirs.vector[k] as number];
      dot += own * other;
      ownSquares += own * own;
      otherSquares += other * other;
    }
    const lengths = Math.sqrt(ownSquares * otherSquares);
    cosines += lengths > 0 ? dot / lengths : Number(ownSquares === otherSquares);
    for (const [key, { count, value }] of ours.tokens) {
      known += count;
      if (theirs.tokens.has(key)) covered += count;
      masses.set(key, (masses.get(key) ?? 0) + value * value);
    }
    if (indexOfLargest(ours.scores) === indexOfLargest(theirs.scores)) same += 1;
  }
  const n = queries.length;
  const variance = squares - sums.reduce((sum, one) => sum + (one * one) / n, 0);
  const { correct } = evaluate(original, queries);
  const { correct: correctAfter } = evaluate(compressed, queries);
  return {
    rung: compressed.rung,
    n,
    information_retention: variance > 0 ? 1 - errors / variance : Number(errors === 0),
    semantic_similarity: cosines / n,
    ...(isMadeFrom(original, compressed) ? { vector_retention: vectorRetention(before, after, masses) } : {}),
    keyword_coverage: known > 0 ? covered / known : 1,
    worse: correct.filter((right, at) => right && !correctAfter[at]).length,
    better: correct.filter((right, at) => !right && correctAfter[at]).length,
    agreement: same / n,
  };
}

/** Compression leaves biases as they are; training again does not. */
const isMadeFrom = (original: Model, compressed: Model): boolean =>
  original.bias.every((value, k) => value === compressed.bias[k]);

function vectorRetention(before: Reader, after: Reader, masses: ReadonlyMap<number, number>): number {
  let errors = 0;
  let squares = 0;
  for (const [key, mass] of masses) {
    const ours = before.vectorOf(key);
    const theirs = after.vectorOf(key);
    for (let k = 0; k < ours.length; k += 1) {
      squares += mass * (ours[k] as number) ** 2;
      errors += mass * ((theirs[k] as number) - (ours[k] as number)) ** 2;
    }
  }
  return squares > 0 ? 1 - errors / squares : Number(errors === 0);
}

interface Reading {
  /** The text's vector, and its scores, over the classes; both with mean 0. */
  readonly vector: Float64Array;
  readonly scores: Float64Array;
  /** The n-grams that the model knows, by key: how often the text has each, and its value. */
  readonly tokens: ReadonlyMap<number, { count: number; value: number }>;
}

interface Reader {
  read(text: string): Reading;
  /** An n-gram's vector taken to the classes, with mean 0; zeros where the model does not know it. */
  vectorOf(key: number): Float64Array;
}

function createReader(model: Model): Reader {
  const { dimension, vectors, head, bias, keys, idf, segmenter, temperature } = model;
  const indexOf = new Map(Array.from(keys, (key, index) => [key, index]));
  const { extract } = createExtractor(segmenter !== undefined);
  const { vectorise } = createVectoriser(keys, idf);
  const hidden = new Float64Array(dimension);

  function read(text: string): Reading {
    const ngrams = extract(normalise(text));
    const sparse = vectorise(ngrams);
    const tokens = new Map<number, { count: number; value: number }>();
    for (let at = 0; at < sparse.length; at += 1) {
      const entry = sparse.entries[at] as number;
      const count = ngrams.counts[entry] as number;
      tokens.set(ngrams.keys[entry] as number, { count, value: sparse.values[at] as number });
    }
    embed(model, sparse, hidden);
    const vector = toClasses(hidden);
    const scores = vector.map((value, k) => (value + (bias[k] as number)) / temperature);
    return { vector: centred(vector), scores: centred(scores), tokens };
  }

  const toClasses = (inner: Float64Array): Float64Array =>
    Float64Array.from(bias, (_, k) => {
      let sum = 0;
      for (let d = 0; d < dimension; d += 1) sum += (head[k * dimension + d] as number) * (inner[d] as number);
      return sum;
    });

  function vectorOf(key: number): Float64Array {
    const feature = indexOf.get(key);
    if (feature === undefined) return new Float64Array(bias.length);
    return centred(toClasses(Float64Array.from(vectors.subarray(feature * dimension, (feature + 1) * dimension))));
  }
  return { read, vectorOf };
}

function centred(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

function indexOfLargest(values: Float64Array): number {
  let best = 0;
  for (let at = 1; at < values.length; at += 1) if ((values[at] as number) > (values[best] as number)) best = at;
  return best;
}
