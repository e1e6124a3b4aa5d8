/**
 * The kernel: `kernel.wasm`, made of `assembly/kernel.ts` by `npm run build`. Loading and scoring take it where it was given,
 * and their plain counterparts where not; both give the same bits. A runtime gives it once, at its start, since each gets hold of
 * WebAssembly in its own way.
 */
export interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  crcTables(tables: number): void;
  crc32(sum: number, from: number, length: number, tables: number): number;
  rice(count: number, shift: number, gaps: boolean, from: number, length: number, out: number): number;
  lacking(count: number, top: number, unit: number, at: number): void;
  int8Rows(rows: number, columns: number, scales: number, codes: number, out: number): boolean;
  blocks(classes: number, columns: number, head: number, out: number): void;
  index(count: number, keys: number, mask: number, slots: number): void;
  decode(
    groups: number,
    columns: number,
    width: number,
    contexts: number,
    symbols: number,
    cells: number,
    levels: number,
    step: number,
    lanes: number,
    out: number,
  ): number;
  embed(length: number, columns: number, rows: number, values: number, vectors: number, hidden: number): void;
  logits(classes: number, columns: number, head: number, bias: number, hidden: number, out: number): void;
}

const PAGE = 1 << 16;

let instantiate: (() => KernelExports) | undefined;

/** Has models loaded and scored by the kernel from now on, or without one plainly. @param make a new instance, with a memory of its own */
export function useKernel(make: (() => KernelExports) | undefined): void {
  instantiate = make;
}

/** A new instance of the kernel; undefined where the runtime gave none. */
export const newKernel = (): KernelExports | undefined => instantiate?.();

/** Addresses for parts of so many bytes, one after the other, each aligned to 16; and the end of the last. */
export function layOut<Name extends string>(
  start: number,
  sizes: Readonly<Record<Name, number>>,
): Record<Name, number> & { end: number } {
  let end = start;
  const addresses: Record<string, number> = {};
  for (const [name, size] of Object.entries<number>(sizes)) {
    addresses[name] = end;
    end = Math.ceil((end + size) / 16) * 16;
  }
  return { ...(addresses as Record<Name, number>), end };
}

/** Gives a new instance a memory of at least `bytes`. Views into it hold as long as it does not grow again. */
export function withMemory({ memory }: KernelExports, bytes: number): ArrayBuffer {
  memory.grow(Math.ceil(bytes / PAGE));
  return memory.buffer;
}
