import { InputError } from "#contracts/errors.ts";
import { decodeInKernel } from "./kernel/matrix.ts";

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
  /** The code of each lane, one lane after the other, in words of 16 bits: the coder's state in two of them, then what it takes in. */
  readonly words: Uint16Array;
  /** How many words each lane has. Row r is in lane r modulo their number, so that a processor decodes that many rows at once. */
  readonly lanes: readonly number[];
  /** Numbers beyond 15, in the order in which they are decoded: all lanes' rows side by side, column by column. */
  readonly escapes: Int8Array;
}

/** Lanes that are written; version 0.1.0 wrote one. */
export const LANES = 4;

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
/** What a symbol adds to its row's sum. */
const magnitudeOf = (symbol: number): number => Math.min(LARGEST, (symbol + 1) >> 1);
/** Sums that a row can have, and entries of the context table a column. */
const widthOf = (columns: number): number => LARGEST * columns + 1;
const wholeGroups = (rows: number, lanes: number): number => Math.ceil(rows / lanes) * lanes;

/** Table by what the row's magnitudes sum to, for each column: `columns` rows of `widthOf(columns)` entries. */
function contextTable(means: Uint16Array): Uint8Array {
  const width = widthOf(means.length);
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
  const width = widthOf(columns);
  // The last group's missing rows are zeros.
  const rows = wholeGroups(values.length / columns, LANES);
  const padded = new Int8Array(rows * columns);
  padded.set(values);
  const symbols = new Uint8Array(padded.length);
  const contexts = new Uint8Array(padded.length);
  const counts = new Float64Array(CONTEXTS * SYMBOLS);
  for (let at = 0, column = 0, sum = 0; at < padded.length; at += 1) {
    const symbol = symbolOf(padded[at] as number);
    const context = table[column * width + sum] as number;
    symbols[at] = symbol;
    contexts[at] = context;
    const cell = context * SYMBOLS + symbol;
    counts[cell] = (counts[cell] as number) + 1;
    sum += magnitudeOf(symbol);
    column += 1;
    if (column === columns) column = sum = 0;
  }
  const frequencies = new Uint16Array(CONTEXTS * SYMBOLS);
  for (let context = 0; context < CONTEXTS; context += 1) {
    const range = [context * SYMBOLS, (context + 1) * SYMBOLS] as const;
    frequencies.set(toShares(counts.subarray(...range)), range[0]);
  }
  const cells = Uint16Array.from(symbols, (symbol, at) => ((contexts[at] as number) << SYMBOL_BITS) | symbol);
  const codes = Array.from({ length: LANES }, (_, lane) => encodeCells(rowsOfLane(cells, columns, lane), frequencies));
  const words = new Uint16Array(codes.reduce((sum, code) => sum + code.length, 0));
  codes.reduce((start, code) => {
    words.set(code, start);
    return start + code.length;
  }, 0);
  return { means, frequencies, words, lanes: codes.map(({ length }) => length), escapes: escapesOf(padded, columns) };
}

/** The rows of a lane, one after the other. */
function rowsOfLane(cells: Uint16Array, columns: number, lane: number): Uint16Array {
  const own = new Uint16Array(cells.length / LANES);
  for (let from = lane * columns, to = 0; to < own.length; from += LANES * columns, to += columns)
    own.set(cells.subarray(from, from + columns), to);
  return own;
}

function escapesOf(values: Int8Array, columns: number): Int8Array {
  const escapes: number[] = [];
  for (let group = 0; group < values.length; group += LANES * columns) {
    for (let column = 0; column < columns; column += 1) {
      for (let lane = 0; lane < LANES; lane += 1) {
        const value = values[group + lane * columns + column] as number;
        if (symbolOf(value) === ESCAPE) escapes.push(value);
      }
    }
  }
  return Int8Array.from(escapes);
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
function encodeCells(cells: Uint16Array, frequencies: Uint16Array): Uint16Array {
  const starts = startsOf(frequencies);
  const words = new Uint16Array(cells.length + 2);
  let next = words.length;
  let state = LEAST;
  for (let at = cells.length - 1; at >= 0; at -= 1) {
    const cell = cells[at] as number;
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

/** What a decoder looks up; made from a matrix's means and frequencies. */
export interface DecodingTables {
  readonly columns: number;
  /** Entries of `contexts` a column. */
  readonly width: number;
  readonly contexts: Uint8Array;
  /** By context and place. */
  readonly symbols: Uint8Array;
  /** By context and symbol: its share, and above 16 bits where its places begin. */
  readonly cells: Uint32Array;
  /** By symbol: the number it stands for, and what it adds to its row's sum. */
  readonly levels: Float32Array;
  readonly magnitudes: Uint8Array;
}

/** A lane before its first symbol: its state, its next word and the end of its words. */
export interface Lane {
  readonly state: number;
  readonly next: number;
  readonly end: number;
}

/** Numbers row by row, and where a decoder stood when it was done or found that something ends early. */
export interface Decoded {
  readonly values: Float32Array;
  readonly states: readonly number[];
  /** Next word of each lane; beyond its end where the lane ended early. */
  readonly nexts: readonly number[];
  /** How many escapes were read; more than there are where they ended early. */
  readonly escaped: number;
}

/**
 * Decodes rows x columns numbers, each times `step`. Throws InputError where shares do not sum to 1 or the code does not end
 * where and as it should.
 *
 * @param classes room for the head of so many classes is left beside the numbers, where the kernel decodes
 */
export function decodeMatrix(matrix: CodedMatrix, rows: number, step: number, classes = 0): Float32Array {
  const { means, frequencies, words } = matrix;
  const starts = startsOf(frequencies);
  const tables: DecodingTables = {
    columns: means.length,
    width: widthOf(means.length),
    contexts: contextTable(means),
    symbols: symbolsByPlace(frequencies),
    cells: Uint32Array.from(frequencies, (share, cell) => share | ((starts[cell] as number) << 16)),
    levels: Float32Array.from(
      { length: SYMBOLS },
      (_, symbol) => (symbol & 1 ? (symbol + 1) >> 1 : 0 - (symbol >> 1)) * step,
    ),
    magnitudes: Uint8Array.from({ length: SYMBOLS }, (_, symbol) => magnitudeOf(symbol)),
  };
  let start = 0;
  const lanes = matrix.lanes.map((length): Lane => {
    if (length < 2) throw damaged("code has no state");
    const state = (words[start] as number) * 0x10000 + (words[start + 1] as number);
    if (!(state >= LEAST && state <= 0x7fffffff)) throw damaged("code begins in no state");
    const next = start + 2;
    start += length;
    return { state, next, end: start };
  });
  if (start !== words.length) throw damaged("code does not end where its lanes do");
  const groups = Math.ceil(rows / lanes.length);
  const { values, states, nexts, escaped } =
    decodeInKernel(tables, matrix, lanes, groups, step, classes) ?? decodePlain(tables, matrix, lanes, groups, step);
  if (escaped > matrix.escapes.length) throw damaged("large numbers end early");
  if (lanes.some(({ end }, lane) => (nexts[lane] as number) > end)) throw damaged("code ends early");
  // The writer began in these states: a reader that came through other symbols hardly ever ends in them.
  const whole = lanes.every(({ end }, lane) => states[lane] === LEAST && nexts[lane] === end);
  if (!whole || escaped < matrix.escapes.length) throw damaged("code does not end as it began");
  return values.subarray(0, rows * tables.columns);
}

/** The decoder's reference: a row of each lane at a time, column by column. */
function decodePlain(
  { columns, width, contexts, symbols, cells, levels, magnitudes }: DecodingTables,
  { words, escapes }: CodedMatrix,
  lanes: readonly Lane[],
  groups: number,
  step: number,
): Decoded {
  const values = new Float32Array(groups * lanes.length * columns);
  const states = Int32Array.from(lanes, ({ state }) => state);
  const nexts = Int32Array.from(lanes, ({ next }) => next);
  const sums = new Int32Array(lanes.length);
  const early = (): boolean => lanes.some(({ end }, lane) => (nexts[lane] as number) > end);
  let escaped = 0;
  for (let group = 0; group < groups && escaped <= escapes.length && !early(); group += 1) {
    const first = group * lanes.length * columns;
    sums.fill(0);
    for (let column = 0; column < columns; column += 1) {
      for (let lane = 0; lane < lanes.length; lane += 1) {
        const state = states[lane] as number;
        const next = nexts[lane] as number;
        const context = contexts[column * width + (sums[lane] as number)] as number;
        const place = state & (SHARES - 1);
        const symbol = symbols[(context << SHARE_BITS) | place] as number;
        const cell = cells[(context << SYMBOL_BITS) | symbol] as number;
        const left = Math.imul(cell & 0xffff, state >>> SHARE_BITS) + place - (cell >>> 16);
        // Takes in a word where the state fell below its least, without a branch that no processor could foresee.
        const takes = (left - LEAST) >>> 31;
        states[lane] = (left << (takes << 4)) | ((words[next] as number) & -takes);
        nexts[lane] = next + takes;
        sums[lane] = (sums[lane] as number) + (magnitudes[symbol] as number);
        const at = first + lane * columns + column;
        if (symbol === ESCAPE) values[at] = (escapes[escaped++] ?? 0) * step;
        else values[at] = levels[symbol] as number;
      }
    }
  }
  return { values, states: [...states], nexts: [...nexts], escaped };
}
