import { CHARACTERS, MAX_NGRAMS, type Ngrams, UNBROKEN } from "./features.ts";
import { indexInKernel } from "./kernel/arrays.ts";

/**
 * Length of the characters' block where the words' has 1: for text with spaces between words (tuned on CLINC150's dev split), and
 * without, where runs of a script are poorer words (tuned on the lines' dev split).
 */
const SPACED_WEIGHT = 0.7;
const UNBROKEN_WEIGHT = 1.2;

/** 1 + ln(count). Rounded to float32, so that an engine whose logarithm differs in the last bit still gives the same. */
const SUBLINEAR = Float32Array.from({ length: MAX_NGRAMS + 1 }, (_, count) => (count === 0 ? 0 : 1 + Math.log(count)));

/** A text as features of a vocabulary. Arrays are scratch: valid until the next text. */
export interface SparseVector {
  length: number;
  /** Index into the vocabulary, in order of appearance: words first, then characters. */
  readonly indices: Int32Array;
  readonly values: Float32Array;
  /** Entry of the n-grams this came from. */
  readonly entries: Uint16Array;
}

export interface Vectoriser {
  /** Weighs the n-grams that the vocabulary knows, at most `limit` of them, and normalises the two blocks apart. */
  vectorise(ngrams: Ngrams, limit?: number): SparseVector;
}

/** Finds positions in a list of distinct keys: open addressing with linear probing; `find` returns -1 for an unknown key. */
function createKeyTable(keys: Uint32Array): { find(key: number): number } {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, keys.length * 2)));
  const mask = size - 1;
  const slots = indexInKernel(keys, size) ?? indexed(keys, size);
  function find(key: number): number {
    let slot = key & mask;
    for (;;) {
      const index = slots[slot] as number;
      if (index === -1 || keys[index] === key) return index;
      slot = (slot + 1) & mask;
    }
  }
  return { find };
}

function indexed(keys: Uint32Array, size: number): Int32Array {
  const slots = new Int32Array(size).fill(-1);
  for (let index = 0; index < keys.length; index += 1) {
    let slot = (keys[index] as number) & (size - 1);
    while (slots[slot] !== -1) slot = (slot + 1) & (size - 1);
    slots[slot] = index;
  }
  return slots;
}

/**
 * Sublinear counts times idf over a vocabulary; the words' block has Euclidean length 1, the characters' block 0.7
 * to 1.2 by the script. What the vocabulary does not know is left out before normalising, in training as in serving.
 */
export function createVectoriser(keys: Uint32Array, idf: Float32Array): Vectoriser {
  const table = createKeyTable(keys);
  const indices = new Int32Array(MAX_NGRAMS);
  const values = new Float32Array(MAX_NGRAMS);
  const entries = new Uint16Array(MAX_NGRAMS);
  const vector: SparseVector = { length: 0, indices, values, entries };

  function addBlock(ngrams: Ngrams, block: number, limit: number): void {
    const first = vector.length;
    let next = first;
    let squares = 0;
    for (let entry = 0; entry < ngrams.length && next < limit; entry += 1) {
      if (((ngrams.flags[entry] as number) & CHARACTERS) !== block) continue;
      const index = table.find(ngrams.keys[entry] as number);
      if (index < 0) continue;
      const value = (SUBLINEAR[ngrams.counts[entry] as number] as number) * (idf[index] as number);
      squares += value * value;
      indices[next] = index;
      values[next] = value;
      entries[next] = entry;
      next += 1;
    }
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let at = first; at < next; at += 1) {
      values[at] = (values[at] as number) * scale * weightOf(ngrams.flags[entries[at] as number] as number);
    }
    vector.length = next;
  }

  function vectorise(ngrams: Ngrams, limit = MAX_NGRAMS): SparseVector {
    vector.length = 0;
    addBlock(ngrams, 0, limit);
    addBlock(ngrams, CHARACTERS, limit);
    return vector;
  }

  return { vectorise };
}

function weightOf(flags: number): number {
  if (!(flags & CHARACTERS)) return 1;
  return flags & UNBROKEN ? UNBROKEN_WEIGHT : SPACED_WEIGHT;
}
