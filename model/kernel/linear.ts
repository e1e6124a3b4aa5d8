import { MAX_NGRAMS } from "../features.ts";
import type { Model } from "../model.ts";
import type { SparseVector } from "../vector.ts";
import { type KernelExports, layOut } from "./kernel.ts";

/** `embed` reads and writes so many numbers beyond a row. */
export const OVERHANG = 16;
/** `logits` does so many classes at once. */
const CLASSES_AT_ONCE = 8;

/** Where the vectors of a model lie that the kernel decoded, and from where on its memory is free for scoring. */
interface Resident {
  readonly exports: KernelExports;
  readonly vectors: number;
  readonly free: number;
}
/** By the memory that holds the vectors. */
const residents = new WeakMap<ArrayBuffer, Resident>();

/** Lets `linearInKernel` find vectors where the kernel decoded them. */
export function makeResident(buffer: ArrayBuffer, resident: Resident): void {
  residents.set(buffer, resident);
}

/** Parts of a kernel's memory that scoring needs. */
export const scoringParts = (columns: number, classes: number) => ({
  rows: 4 * MAX_NGRAMS,
  values: 4 * MAX_NGRAMS,
  hidden: 8 * (columns + OVERHANG),
  rowsOfHead: 4 * columns * classes,
  head: 4 * columns * paddedTo(classes, CLASSES_AT_ONCE),
  bias: 8 * paddedTo(classes, CLASSES_AT_ONCE),
  logits: 8 * paddedTo(classes, CLASSES_AT_ONCE),
});

const paddedTo = (count: number, multiple: number): number => Math.ceil(count / multiple) * multiple;

/** Logits of a text: a view that is valid until the next text. */
export type Linear = (vector: SparseVector) => Float64Array;

/** The sum of a text's vectors times the head, plus the bias; undefined for a model that the kernel did not decode. */
export function linearInKernel({ vectors, head, bias, dimension }: Model): Linear | undefined {
  const resident = residents.get(vectors.buffer as ArrayBuffer);
  if (resident === undefined) return undefined;
  const { exports, free } = resident;
  const buffer = exports.memory.buffer;
  const classes = paddedTo(bias.length, CLASSES_AT_ONCE);
  const at = layOut(free, scoringParts(dimension, bias.length));
  new Float32Array(buffer, at.rowsOfHead, head.length).set(head);
  new Float32Array(buffer, at.head, classes * dimension).fill(0);
  exports.blocks(bias.length, dimension, at.rowsOfHead, at.head);
  new Float64Array(buffer, at.bias, classes).fill(0).set(bias);
  const rows = new Int32Array(buffer, at.rows, MAX_NGRAMS);
  const values = new Float32Array(buffer, at.values, MAX_NGRAMS);
  const logits = new Float64Array(buffer, at.logits, bias.length);
  return ({ length, indices, values: given }) => {
    for (let feature = 0; feature < length; feature += 1) {
      rows[feature] = indices[feature] as number;
      values[feature] = given[feature] as number;
    }
    exports.embed(length, dimension, at.rows, at.values, resident.vectors, at.hidden);
    exports.logits(classes, dimension, at.head, at.bias, at.hidden, at.logits);
    return logits;
  };
}
