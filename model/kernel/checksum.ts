import { type KernelExports, layOut, newKernel, withMemory } from "./kernel.ts";

/** Bytes a call. */
const CHUNK = 1 << 15;

let checksum: { readonly of: (bytes: Uint8Array) => number } | undefined;

/** CRC-32 of bytes; undefined without a kernel. */
export function crc32InKernel(bytes: Uint8Array): number | undefined {
  if (checksum === undefined) {
    const exports = newKernel();
    if (exports === undefined) return undefined;
    checksum = createChecksum(exports);
  }
  return checksum.of(bytes);
}

function createChecksum(exports: KernelExports): { of: (bytes: Uint8Array) => number } {
  const at = layOut(0, { tables: 8 * 4 * 256, bytes: CHUNK });
  const chunk = new Uint8Array(withMemory(exports, at.end), at.bytes, CHUNK);
  exports.crcTables(at.tables);
  function of(bytes: Uint8Array): number {
    let sum = -1;
    for (let from = 0; from < bytes.length; from += CHUNK) {
      const part = bytes.subarray(from, from + CHUNK);
      chunk.set(part);
      sum = exports.crc32(sum, at.bytes, part.length, at.tables);
    }
    return (sum ^ -1) >>> 0;
  }
  return { of };
}
