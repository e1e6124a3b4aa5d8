/** IEEE 754 binary16 in a Uint16Array, for engines without `Float16Array`. */

const number = new Float32Array(1);
const bits = new Uint32Array(number.buffer);

/** Nearest binary16 to a float32, ties to even; what lies beyond its range becomes an infinity. */
function narrow(value: number): number {
  number[0] = value;
  const all = bits[0] as number;
  const sign = (all >>> 16) & 0x8000;
  const magnitude = all & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rebased = magnitude - 0x38000000;
    return sign | ((rebased + 0x0fff + ((rebased >>> 13) & 1)) >>> 13);
  }
  // Subnormal: a multiple of 2^-24. Adding 0.5 lets the float32 adder round to just that grid.
  number[0] = Math.abs(value) + 0.5;
  return sign | ((bits[0] as number) - 0x3f000000);
}

function widen(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

export function toHalves(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, narrow);
}

let table: Float32Array | undefined;

/** Through a table of all 65,536 values, made at first use: a model holds millions of them. */
export function fromHalves(halves: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 0x10000 }, (_, half) => widen(half));
  const known = table;
  const values = new Float32Array(halves.length);
  for (let at = 0; at < halves.length; at += 1) values[at] = known[halves[at] as number] as number;
  return values;
}
