import { gzipSync } from "node:zlib";
import { PCA } from "ml-pca";
import type { TrainingConfig } from "#contracts/config.ts";
import { createExtractor } from "#model/features.ts";
import { toHalves } from "#model/float16.ts";
import type { Model } from "#model/model.ts";
import { normalise } from "#model/normalise.ts";
import { embed } from "#model/score.ts";
import { createVectoriser } from "#model/vector.ts";
import type { LabelledText } from "./problem.ts";
import { rotate } from "./rotate.ts";

/** What the monthly review says of the vectors, by the specification's names (3.2). */
export interface VectorReview {
  readonly original_dim: number;
  /** Fewest principal axes that hold `min_variance_explained`, at most `max_dimension`. */
  readonly optimal_dim: number;
  /** Of the vectors on these axes, as float16 with gzip; 10^6 bytes. */
  readonly size_mb: number;
  /** Share of the variance of the classes' mean texts that these axes hold, together. */
  readonly variance_retained: number;
  /** Whether `min_variance_explained` was reached before the cap. */
  readonly enough: boolean;
}

/**
 * Reviews a model's vectors: principal axes of the classes' centroids, the mean vectors of their texts, since a feature's own variance says little about
 * what tells classes apart.
 */
export function reviewVectors(
  model: Model,
  examples: readonly LabelledText[],
  { max_dimension, min_variance_explained }: Pick<TrainingConfig, "max_dimension" | "min_variance_explained">,
): VectorReview {
  const cumulative = new PCA(centroidsOf(model, examples)).getCumulativeVariance();
  const reached = cumulative.findIndex((share) => share >= min_variance_explained) + 1;
  const optimal_dim = Math.min(max_dimension, model.dimension, reached || model.dimension);
  return {
    original_dim: model.dimension,
    optimal_dim,
    size_mb: gzipSync(halvesOf(model, optimal_dim)).byteLength / 1e6,
    variance_retained: cumulative[optimal_dim - 1] ?? 0,
    enough: (cumulative[optimal_dim - 1] ?? 0) >= min_variance_explained,
  };
}

/** The mean text vector of each class that has texts. */
function centroidsOf(model: Model, examples: readonly LabelledText[]): number[][] {
  const { extract } = createExtractor(model.segmenter !== undefined);
  const { vectorise } = createVectoriser(model.keys, model.idf);
  const hidden = new Float64Array(model.dimension);
  const sums = new Map<string, { count: number; sum: Float64Array }>();
  for (const { text, label } of examples) {
    embed(model, vectorise(extract(normalise(text))), hidden);
    const known = sums.get(label) ?? { count: 0, sum: new Float64Array(model.dimension) };
    known.count += 1;
    for (let d = 0; d < hidden.length; d += 1) known.sum[d] = (known.sum[d] as number) + (hidden[d] as number);
    sums.set(label, known);
  }
  return [...sums.values()].map(({ count, sum }) => Array.from(sum, (value) => value / count));
}

/** The first columns of the vectors on their principal axes, as float16. */
function halvesOf(model: Model, columns: number): Uint8Array {
  const { dimension, vectors } = rotate(model);
  const kept = new Float32Array((vectors.length / dimension) * columns);
  for (let row = 0, at = 0; row < vectors.length; row += dimension, at += columns)
    kept.set(vectors.subarray(row, row + columns), at);
  const { buffer, byteOffset, byteLength } = toHalves(kept);
  return new Uint8Array(buffer, byteOffset, byteLength);
}
