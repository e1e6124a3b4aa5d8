/** Centres a sub-vector: what 8 bits can name (specification 3.2 `dict_size`). */
export const CENTRES = 256;

/**
 * A matrix by product quantisation (Jégou et al. 2011): each row is cut into sub-vectors of `width` numbers, the last maybe of
 * fewer, and a sub-vector is stored as the number of the nearest among 256 centres of its place.
 */
export interface Codebook {
  readonly width: number;
  /** Step of each place's centres. */
  readonly scales: Float32Array;
  /** Place by place 256 centres, in whole multiples of their scale. */
  readonly centres: Int8Array;
  /** Row by row a centre's number a place. */
  readonly codes: Uint8Array;
}

/** The matrix back, row by row. */
export function fromCodebook({ width, scales, centres, codes }: Codebook, rows: number, columns: number): Float32Array {
  const values = new Float32Array(rows * columns);
  const parts = scales.length;
  const levels = Float32Array.from(
    centres,
    (code, at) => code * (scales[Math.floor(at / (CENTRES * width))] as number),
  );
  for (let part = 0; part < parts; part += 1) {
    const from = part * width;
    const own = Math.min(width, columns - from);
    const first = CENTRES * from;
    for (let row = 0, code = part, at = from; row < rows; row += 1, code += parts, at += columns) {
      const centre = first + (codes[code] as number) * own;
      for (let d = 0; d < own; d += 1) values[at + d] = levels[centre + d] as number;
    }
  }
  return values;
}
