import { CENTRES, type Codebook, fromCodebook } from "#model/codebook.ts";
import { encodeModel } from "#model/codec.ts";
import { toInt8Rows } from "#model/int8.ts";
import type { Model } from "#model/model.ts";
import { overlay } from "#model/pinned.ts";
import { assign, centresOf } from "./k-means.ts";

/** Numbers a sub-vector; the usual lost nothing on CLINC150's dev split, narrower ones than the least buy nothing. */
const USUAL_WIDTH = 5;
const LEAST_WIDTH = 2;
const MOST_WIDTH = 16;
/** Centres are found from at most so many rows, spread over the vocabulary; more measured no better. */
const MOST_POINTS = 8192;

/** Rung `codebook` of a rotated model: with the usual sub-vectors, or the narrowest that fit in `maxBytes` (the widest if none do). */
export function encodeCodebook(rotated: Model, maxBytes = 0): Uint8Array {
  let width = maxBytes === 0 ? USUAL_WIDTH : LEAST_WIDTH;
  if (maxBytes > 0) while (width < MOST_WIDTH && codebookBytes(rotated, width) > maxBytes) width += 1;
  return encodeModel(quantise(rotated, Math.min(width, rotated.dimension)));
}

/** How large a model is on rung `codebook`, which does not depend on what its vectors are. */
export function codebookBytes(model: Model, width = USUAL_WIDTH): number {
  const { dimension, keys } = model;
  const own = Math.min(width, dimension);
  const parts = Math.ceil(dimension / own);
  const codebook: Codebook = {
    width: own,
    scales: new Float32Array(parts),
    centres: new Int8Array(CENTRES * dimension),
    codes: new Uint8Array(keys.length * parts),
  };
  return encodeModel({ ...model, rung: "codebook", codebook }).length;
}

/**
 * A rotated model whose vectors are put together from centres (Jégou et al. 2011): columns are dealt to the sub-vectors so that
 * each gets some of the large and some of the small ones, as 8 bits are spent on each alike, and centres are found by k-means.
 */
function quantise(rotated: Model, width: number): Model {
  const model = dealt(rotated, width);
  const { dimension, keys, vectors } = model;
  const rows = keys.length;
  const parts = Math.ceil(dimension / width);
  const codes = new Uint8Array(rows * parts);
  const centres = new Int8Array(CENTRES * dimension);
  const scales = new Float32Array(parts);
  for (let part = 0; part < parts; part += 1) {
    const from = part * width;
    const own = Math.min(width, dimension - from);
    const points = columnsOf(vectors, dimension, from, own);
    const rounded = toInt8Rows(centresOf(spread(points, own), own, CENTRES), CENTRES * own);
    const scale = rounded.scales[0] as number;
    scales[part] = scale;
    centres.set(rounded.codes, CENTRES * from);
    const nearest = new Uint8Array(rows);
    assign(
      points,
      Float32Array.from(rounded.codes, (code) => code * scale),
      own,
      nearest,
    );
    for (let row = 0; row < rows; row += 1) codes[row * parts + part] = nearest[row] as number;
  }
  const codebook: Codebook = { width, scales, centres, codes };
  const stored = { ...model, rung: "codebook", codebook, vectors: fromCodebook(codebook, rows, dimension) } as const;
  return model.pinned ? { ...stored, ...overlay(stored, model.pinned, dimension) } : stored;
}

/** The same function with its columns in the order in which sub-vectors take them in turn, there and back again. */
function dealt(model: Model, width: number): Model {
  const { dimension, vectors, head, pinned } = model;
  const parts = Math.ceil(dimension / width);
  const order: number[][] = Array.from({ length: parts }, () => []);
  let next = 0;
  for (let round = 0; round < width; round += 1) {
    for (let turn = 0; turn < parts; turn += 1) {
      const part = round % 2 === 0 ? turn : parts - 1 - turn;
      const room = Math.min(width, dimension - part * width);
      if (round < room) order[part]?.push(next++);
    }
  }
  const from = order.flat();
  const reorder = (rows: Float32Array): Float32Array =>
    rows.map((_, at) => rows[at - (at % dimension) + (from[at % dimension] as number)] as number);
  return {
    ...model,
    vectors: reorder(vectors),
    head: reorder(head),
    ...(pinned ? { pinned: { ...pinned, vectors: reorder(pinned.vectors) } } : {}),
  };
}

function columnsOf(rows: Float32Array, dimension: number, from: number, width: number): Float32Array {
  const columns = new Float32Array((rows.length / dimension) * width);
  for (let row = from, at = 0; row < rows.length; row += dimension, at += width)
    columns.set(rows.subarray(row, row + width), at);
  return columns;
}

/** At most `MOST_POINTS` of the points, evenly spread; the order of keys, which are hashes, says nothing about vectors. */
function spread(points: Float32Array, width: number): Float32Array {
  const size = points.length / width;
  if (size <= MOST_POINTS) return points;
  const some = new Float32Array(MOST_POINTS * width);
  for (let at = 0; at < MOST_POINTS; at += 1) {
    const point = Math.floor((at * size) / MOST_POINTS);
    some.set(points.subarray(point * width, (point + 1) * width), at * width);
  }
  return some;
}
