/** Most steps of a value in 8 bits; the zero point is 0, so that signs are alike (specification 3.2: `scale_factor` 127, `zero_point` 0). */
const STEPS = 127;

/** A matrix in 8 bits, each row in steps of its own: value = code x scale of the row. */
export interface Int8Rows {
  readonly codes: Int8Array;
  readonly scales: Float32Array;
}

/**
 * The row's largest magnitude over 127, rounded up to 11 significant bits: 127 of it is then a float32 exactly, and what is read
 * from the codes gives the same codes again.
 */
function scaleOf(largest: number): number {
  if (largest === 0) return 0;
  const unit = 2 ** (Math.floor(Math.log2(largest / STEPS)) - 10);
  return Math.fround(Math.ceil(largest / STEPS / unit) * unit);
}

/** Rounds each row of a matrix to 8 bits. */
export function toInt8Rows(values: Float32Array, columns: number): Int8Rows {
  const rows = values.length / columns;
  const codes = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    let largest = 0;
    for (let at = row * columns; at < (row + 1) * columns; at += 1)
      largest = Math.max(largest, Math.abs(values[at] as number));
    const scale = scaleOf(largest);
    scales[row] = scale;
    if (scale === 0) continue;
    for (let at = row * columns; at < (row + 1) * columns; at += 1)
      codes[at] = Math.round((values[at] as number) / scale);
  }
  return { codes, scales };
}

/** The matrix back, in float32. */
export function fromInt8Rows({ codes, scales }: Int8Rows, columns: number): Float32Array {
  const values = new Float32Array(codes.length);
  for (let row = 0, at = 0; row < scales.length; row += 1) {
    const scale = scales[row] as number;
    for (let column = 0; column < columns; column += 1, at += 1) values[at] = (codes[at] as number) * scale;
  }
  return values;
}
