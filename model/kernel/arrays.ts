import { layOut, newKernel, withMemory } from "./kernel.ts";

/** What each of `codes` lacks to `top`, times `unit`, in float32; undefined without a kernel. */
export function lackingInKernel(codes: Uint32Array, top: number, unit: number): Float32Array | undefined {
  const exports = newKernel();
  if (exports === undefined) return undefined;
  const buffer = withMemory(exports, codes.byteLength);
  new Uint32Array(buffer).set(codes);
  exports.lacking(codes.length, top, unit, 0);
  // A copy, as below: a view would keep an instance for as long as there is the model.
  return new Float32Array(buffer, 0, codes.length).slice();
}

/** A matrix in 8 bits as float32, see `fromInt8Rows`; undefined without a kernel, and where a number of it is not finite. */
export function int8RowsInKernel(scales: Float32Array, codes: Int8Array, columns: number): Float32Array | undefined {
  const exports = newKernel();
  if (exports === undefined) return undefined;
  const at = layOut(0, { out: 4 * codes.length, scales: scales.byteLength, codes: codes.length });
  const buffer = withMemory(exports, at.end);
  new Float32Array(buffer, at.scales).set(scales);
  new Int8Array(buffer, at.codes).set(codes);
  if (!exports.int8Rows(scales.length, columns, at.scales, at.codes, at.out)) return undefined;
  return new Float32Array(buffer, at.out, codes.length).slice();
}

/** Where each key's place is found, `size` slots, a power of 2, as `createKeyTable` fills them; undefined without a kernel. */
export function indexInKernel(keys: Uint32Array, size: number): Int32Array | undefined {
  const exports = newKernel();
  if (exports === undefined) return undefined;
  const at = layOut(0, { slots: 4 * size, keys: keys.byteLength });
  const buffer = withMemory(exports, at.end);
  const slots = new Int32Array(buffer, at.slots, size).fill(-1);
  new Uint32Array(buffer, at.keys).set(keys);
  exports.index(keys.length, at.keys, size - 1, at.slots);
  return slots.slice();
}
