import type { Codebook } from "./codebook.ts";
import type { Pinned } from "./pinned.ts";

/** How the numbers of a model are stored; each rung is made to be smaller than the one before it. */
export const RUNGS = ["float32", "float16", "int8", "codebook", "coded"] as const;
export type Rung = (typeof RUNGS)[number];

/**
 * What the classifier is: a vocabulary of hashed n-grams with a vector each, and a linear head.
 * V features, K classes, D dimensions; matrices are stored row by row.
 */
export interface Model {
  readonly schema: 1;
  readonly rung: Rung;
  /** Versions of the code that turned training text into features; serving with another would be wrong silently. */
  readonly normaliser: number;
  readonly features: number;
  /** `segmenterPrint` of the runtime that it was trained in, where words of `Intl.Segmenter` are among its features. */
  readonly segmenter?: number;
  /** Names of the classes; the id of a class is its index + 1. */
  readonly classes: readonly string[];
  readonly dimension: number;
  /**
   * V hashes, strictly ascending. Strings are not kept: a foreign n-gram meets one of 50,000 keys by chance once in 86,000,
   * and explanations use the query's own n-grams.
   */
  readonly keys: Uint32Array;
  /** V inverse document frequencies. */
  readonly idf: Float32Array;
  /** V x D. */
  readonly vectors: Float32Array;
  /** On rung `coded`, and there only: what the vectors are whole multiples of. */
  readonly step?: number;
  /** On rung `codebook`, and there only: what the vectors are put together from. */
  readonly codebook?: Codebook;
  /** Features that the rung leaves as they are: their idf and vectors stand in `idf` and `vectors` too. */
  readonly pinned?: Pinned;
  /** K x D. */
  readonly head: Float32Array;
  /** K. */
  readonly bias: Float32Array;
  /** K shares of the training weight, summing to 1: the answer when nothing else can be given. */
  readonly prior: Float32Array;
  /** Logits are divided by it before the softmax (Guo et al. 2017). */
  readonly temperature: number;
}
