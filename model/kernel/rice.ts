import { layOut, newKernel, withMemory } from "./kernel.ts";

/**
 * Reads `count` Rice codes, or the ascending numbers whose gaps they are; undefined without a kernel, and for codes that are not as they
 * should be, which the plain reader names.
 */
export function decodeRiceInKernel(
  shift: number,
  bytes: Uint8Array,
  count: number,
  gaps: boolean,
): Uint32Array | undefined {
  const exports = newKernel();
  if (exports === undefined) return undefined;
  // It reads 8 bytes at once.
  const at = layOut(0, { out: 4 * count, bytes: bytes.length + 8 });
  const buffer = withMemory(exports, at.end);
  new Uint8Array(buffer, at.bytes).set(bytes);
  if (!exports.rice(count, shift, gaps, at.bytes, bytes.length, at.out)) return undefined;
  return new Uint32Array(buffer, at.out, count);
}
