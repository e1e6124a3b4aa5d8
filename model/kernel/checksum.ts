import { type KernelExports, layOut, newKernel, withMemory } from "./kernel.ts";

/** Bytes a call. */
const CHUNK = 1 << 15;

let checksum: { readonly of: (bytes: Uint8Array) => number } | undefined;

/** CRC-32 of bytes. @param table its 256 words; @returns undefined without a kernel */
export function crc32InKernel(bytes: Uint8Array, table: Uint32Array): number | undefined {
  if (checksum === undefined) {
    const exports = newKernel();
    if (exports === undefined) return undefined;
    checksum = createChecksum(exports, table);
  }
  return checksum.of(bytes);
}

function createChecksum(exports: KernelExports, table: Uint32Array): { of: (bytes: Uint8Array) => number } {
  const at = layOut(0, { tables: 8 * 4 * table.length, bytes: CHUNK });
  const buffer = withMemory(exports, at.end);
  const tables = new Uint32Array(buffer, at.tables, 8 * table.length);
  tables.set(table);
  // Table k is of a byte with k bytes behind it.
  for (let index = table.length; index < tables.length; index += 1) {
    const before = tables[index - table.length] as number;
    tables[index] = (before >>> 8) ^ (table[before & 255] as number);
  }
  const chunk = new Uint8Array(buffer, at.bytes, CHUNK);
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
