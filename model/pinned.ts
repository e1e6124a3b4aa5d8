import type { Model } from "./model.ts";

/** Features of a compressed model that are stored exactly (specification 6.3: important keywords stay uncompressed). */
export interface Pinned {
  /** P indices into the vocabulary, strictly ascending. */
  readonly indices: Uint32Array;
  /** P. */
  readonly idf: Float32Array;
  /** P x D. */
  readonly vectors: Float32Array;
}

/** Idf and vectors with those of the pinned features in their places; the given arrays stay as they are. */
export function overlay(
  { idf, vectors }: Pick<Model, "idf" | "vectors">,
  pinned: Pinned,
  dimension: number,
): Pick<Model, "idf" | "vectors"> {
  const laid = { idf: idf.slice(), vectors: vectors.slice() };
  for (const [at, index] of pinned.indices.entries()) {
    laid.idf[index] = pinned.idf[at] as number;
    laid.vectors.set(pinned.vectors.subarray(at * dimension, (at + 1) * dimension), index * dimension);
  }
  return laid;
}

/** The vectors with zeros where pinned features stand, for a rung to store. */
export function withoutPinned({ vectors, pinned, dimension }: Model): Float32Array {
  if (!pinned) return vectors;
  const rest = vectors.slice();
  for (const index of pinned.indices) rest.fill(0, index * dimension, (index + 1) * dimension);
  return rest;
}

/** Pins these features of a model as they stand in it; given by ascending index. */
export function pin(model: Model, indices: Uint32Array): Model {
  if (indices.length === 0) return model;
  const { dimension, idf, vectors } = model;
  const own = new Float32Array(indices.length * dimension);
  for (const [at, index] of indices.entries())
    own.set(vectors.subarray(index * dimension, (index + 1) * dimension), at * dimension);
  return {
    ...model,
    pinned: { indices, idf: Float32Array.from(indices, (index) => idf[index] as number), vectors: own },
  };
}
