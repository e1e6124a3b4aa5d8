import { InputError } from "#contracts/errors.ts";

/**
 * A matrix of small whole numbers, most of them 0, in as few bits as its statistics ask for. Each number is coded by the range
 * variant of asymmetric numeral systems (Duda 2013) with one of 16 frequency tables. Which one follows from how large the number
 * is expected to be: the mean magnitude of its column, times how the row so far compares with the means of its columns. So rows
 * of large and of small numbers, and columns in falling order of variance, need no tables of their own.
 */
export interface CodedMatrix {
  /** Mean magnitude of each column in units of 2^-12, each number counting at most 15. */
  readonly means: Uint16Array;
  /** CONTEXTS x SYMBOLS shares of 2^12. */
  readonly frequencies: Uint16Array;
  /** The code, in words of 16 bits: the coder's state in two of them, then what it takes in. */
  readonly words: Uint16Array;
  /** Numbers beyond 15, in the order of the matrix. */
  readonly escapes: Int8Array;
}

export const CONTEXTS = 16;
const SYMBOL_BITS = 5;
/** 0, 1, -1, 2, -2 … 15, -15, and last the escape. */
export const SYMBOLS = 1 << SYMBOL_BITS;
const ESCAPE = SYMBOLS - 1;
const LARGEST = 15;
/** A number beyond this cannot be coded. */
export const MAX_CODE = 127;
const SHARE_BITS = 12;
const SHARES = 1 << SHARE_BITS;
/** The state lies in [2^15, 2^31), so that it is a 32-bit integer and takes in one word at a time. */
const LEAST = 1 << 15;
/** Weight of the column's mean against what the row showed so far, as if so much had been seen before. */
const PRIOR = 2;
/** Expected magnitudes at which the next table begins: from 2^-5 by factors of the square root of 2. */
const THRESHOLDS = new Float64Array(CONTEXTS);
for (let context = 1, threshold = 2 ** -5; context < CONTEXTS; context += 1, threshold *= Math.SQRT2)
  THRESHOLDS[context] = threshold;

const symbolOf = (value: number): number =>
  value > LARGEST || value < -LARGEST ? ESCAPE : value > 0 ? 2 * value - 1 : -2 * value;

/** Table by what the row's magnitudes sum to, for each column: `columns` rows of 15 x columns + 1 entries. */
function contextTable(means: Uint16Array): Uint8Array {
  const width = LARGEST * means.length + 1;
  const table = new Uint8Array(means.length * width);
  let past = 0;
  for (let column = 0; column < means.length; column += 1) {
    const mean = (means[column] as number) / SHARES;
    const from = column * width;
    for (let context = 1; context < CONTEXTS && mean > 0; context += 1) {
      // From this sum on, mean x (sum + PRIOR) / (past + PRIOR) reaches the threshold. Filled, not stepped: a reader is cold.
      const first = Math.ceil(((THRESHOLDS[context] as number) * (past + PRIOR)) / mean - PRIOR);
      if (first >= width) break;
      table.fill(context, from + Math.max(0, first), from + width);
    }
    past += mean;
  }
  return table;
}

/** Encodes rows of `columns` numbers from -127 to 127. The same numbers give the same words. */
export function encodeMatrix(values: Int8Array, columns: number): CodedMatrix {
  const means = columnMeans(values, columns);
  const table = contextTable(means);
  const width = LARGEST * columns + 1;
  const symbols = new Uint8Array(values.length);
  const contexts = new Uint8Array(values.length);
  const escapes: number[] = [];
  const counts = new Float64Array(CONTEXTS * SYMBOLS);
  for (let at = 0, column = 0, sum = 0; at < values.length; at += 1) {
    const value = values[at] as number;
    const symbol = symbolOf(value);
    const context = table[column * width + sum] as number;
    symbols[at] = symbol;
    contexts[at] = context;
    if (symbol === ESCAPE) escapes.push(value);
    const cell = context * SYMBOLS + symbol;
    counts[cell] = (counts[cell] as number) + 1;
    sum += Math.min(LARGEST, (symbol + 1) >> 1);
    column += 1;
    if (column === columns) column = sum = 0;
  }
  const frequencies = new Uint16Array(CONTEXTS * SYMBOLS);
  for (let context = 0; context < CONTEXTS; context += 1) {
    const range = [context * SYMBOLS, (context + 1) * SYMBOLS] as const;
    frequencies.set(toShares(counts.subarray(...range)), range[0]);
  }
  return { means, frequencies, words: encodeSymbols(symbols, contexts, frequencies), escapes: Int8Array.from(escapes) };
}

function columnMeans(values: Int8Array, columns: number): Uint16Array {
  const sums = new Float64Array(columns);
  for (let at = 0; at < values.length; at += 1) {
    const column = at % columns;
    sums[column] = (sums[column] as number) + Math.min(LARGEST, Math.abs(values[at] as number));
  }
  const rows = Math.max(1, values.length / columns);
  return Uint16Array.from(sums, (sum) => Math.round((sum / rows) * SHARES));
}

/** Counts as shares of 2^12, at least 1 for what occurs; what rounding leaves over falls to the most frequent. */
function toShares(counts: Float64Array): Uint16Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shares = new Uint16Array(SYMBOLS);
  let most = 0;
  let left = SHARES;
  for (let symbol = 0; symbol < SYMBOLS; symbol += 1) {
    const count = counts[symbol] as number;
    if (count > (counts[most] as number)) most = symbol;
    if (count === 0) continue;
    shares[symbol] = Math.max(1, Math.floor((count / total) * (SHARES - SYMBOLS)));
    left -= shares[symbol] as number;
  }
  shares[most] = (shares[most] as number) + left;
  return shares;
}

/** The coder writes from the last symbol to the first, so that it can be read from the first to the last. */
function encodeSymbols(symbols: Uint8Array, contexts: Uint8Array, frequencies: Uint16Array): Uint16Array {
  const starts = startsOf(frequencies);
  const words = new Uint16Array(symbols.length + 2);
  let next = words.length;
  let state = LEAST;
  for (let at = symbols.length - 1; at >= 0; at -= 1) {
    const cell = (contexts[at] as number) * SYMBOLS + (symbols[at] as number);
    const share = frequencies[cell] as number;
    if (state >= share * 2 ** 19) {
      words[--next] = state & 0xffff;
      state >>>= 16;
    }
    state = Math.floor(state / share) * SHARES + (state % share) + (starts[cell] as number);
  }
  words[--next] = state & 0xffff;
  words[--next] = state >>> 16;
  return words.slice(next);
}

/** Where each symbol's places begin within its context. */
function startsOf(frequencies: Uint16Array): Uint16Array {
  const starts = new Uint16Array(CONTEXTS * SYMBOLS);
  for (let cell = 0; cell < starts.length; cell += 1)
    starts[cell] = cell % SYMBOLS === 0 ? 0 : (starts[cell - 1] as number) + (frequencies[cell - 1] as number);
  return starts;
}

/** The symbol at each of a context's 2^12 places. Throws InputError where a context's shares do not sum to 1. */
function symbolsByPlace(frequencies: Uint16Array): Uint8Array {
  const symbols = new Uint8Array(CONTEXTS * SHARES);
  for (let context = 0, place = 0; context < CONTEXTS; context += 1) {
    for (let symbol = 0; symbol < SYMBOLS; symbol += 1) {
      const share = frequencies[context * SYMBOLS + symbol] as number;
      if (share > (context + 1) * SHARES - place) throw damaged("shares sum to more than 1");
      symbols.fill(symbol, place, place + share);
      place += share;
    }
    if (place !== (context + 1) * SHARES) throw damaged("shares sum to less than 1");
  }
  return symbols;
}

const damaged = (what: string): InputError =>
  new InputError(`not a usable model: its vectors' ${what}`, "Train or fetch the model again.");

/**
 * Decodes rows x columns numbers, each times `step`. Throws InputError where shares do not sum to 1 or the code does not end
 * where and as it should.
 */
export function decodeMatrix(matrix: CodedMatrix, rows: number, step: number): Float32Array {
  const { means, frequencies, words, escapes } = matrix;
  const columns = means.length;
  const symbols = symbolsByPlace(frequencies);
  const starts = startsOf(frequencies);
  const contexts = contextTable(means);
  const width = LARGEST * columns + 1;
  const levels = Float32Array.from(
    { length: SYMBOLS },
    (_, symbol) => (symbol & 1 ? (symbol + 1) >> 1 : 0 - (symbol >> 1)) * step,
  );
  const magnitudes = Uint8Array.from({ length: SYMBOLS }, (_, symbol) => Math.min(LARGEST, (symbol + 1) >> 1));
  const values = new Float32Array(rows * columns);
  if (words.length < 2) throw damaged("code has no state");
  const begin = (words[0] as number) * 0x10000 + (words[1] as number);
  if (begin < LEAST || begin > 0x7fffffff) throw damaged("code begins in no state");
  // A row reads at most a word a number: with so many zeros behind them the end is asked for once a row.
  const padded = new Uint16Array(words.length + columns);
  padded.set(words);
  let state = begin | 0;
  let next = 2;
  let escaped = 0;
  for (let row = 0, at = 0; row < rows; row += 1) {
    let sum = 0;
    for (let column = 0, cells = 0; column < columns; column += 1, cells += width, at += 1) {
      const context = contexts[cells + sum] as number;
      const place = state & (SHARES - 1);
      const symbol = symbols[(context << SHARE_BITS) | place] as number;
      const cell = (context << SYMBOL_BITS) | symbol;
      const left = Math.imul(frequencies[cell] as number, state >>> SHARE_BITS) + place - (starts[cell] as number);
      // Takes in a word where the state fell below its least, without a branch that no processor could foresee.
      const takes = (left - LEAST) >>> 31;
      state = (left << (takes << 4)) | ((padded[next] as number) & -takes);
      next += takes;
      values[at] = levels[symbol] as number;
      sum += magnitudes[symbol] as number;
      if (symbol === ESCAPE) {
        if (escaped === escapes.length) throw damaged("large numbers end early");
        values[at] = (escapes[escaped] as number) * step;
        escaped += 1;
      }
    }
    if (next > words.length) throw damaged("code ends early");
  }
  // The writer began in this state: a reader that came through other symbols hardly ever ends in it.
  if (state !== LEAST || next !== words.length || escaped !== escapes.length)
    throw damaged("code does not end as it began");
  return values;
}
