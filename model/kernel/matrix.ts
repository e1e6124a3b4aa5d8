import type { CodedMatrix, Decoded, DecodingTables, Lane } from "../entropy.ts";
import { layOut, newKernel, withMemory } from "./kernel.ts";
import { makeResident, OVERHANG, scoringParts } from "./linear.ts";

/** Lanes that `decode` works on at once. */
const LANES = 4;
/** Groups of rows a call: few, so that an engine changes to faster code between calls. */
const GROUPS_A_CALL = 64;

/**
 * Decodes a matrix of four lanes (`decodeMatrix`) into the memory of an instance of its own, which then can score with it: it
 * begins with the numbers; behind them lie first tables and code, and once those are done with what scoring needs.
 * Undefined without a kernel, and for another number of lanes.
 */
export function decodeInKernel(
  tables: DecodingTables,
  { words, escapes }: CodedMatrix,
  lanes: readonly Lane[],
  groups: number,
  step: number,
  classes: number,
): Decoded | undefined {
  const exports = lanes.length === LANES ? newKernel() : undefined;
  if (exports === undefined) return undefined;
  const { columns, width, contexts, symbols, cells, levels, magnitudes } = tables;
  const { vectors, end: free } = layOut(0, { vectors: 4 * (groups * LANES * columns + OVERHANG) });
  const at = layOut(free, {
    contexts: contexts.byteLength,
    symbols: symbols.byteLength,
    cells: cells.byteLength,
    levels: levels.byteLength + magnitudes.byteLength,
    lanes: 4 * (3 * LANES + 2),
    escapes: escapes.byteLength,
    // A group may read a word a number beyond the last one before that is seen.
    words: words.byteLength + 2 * columns,
  });
  const buffer = withMemory(exports, Math.max(at.end, layOut(free, scoringParts(columns, classes)).end));
  const bytes = new Uint8Array(buffer);
  bytes.set(contexts, at.contexts);
  bytes.set(symbols, at.symbols);
  new Uint32Array(buffer, at.cells).set(cells);
  new Float32Array(buffer, at.levels).set(levels);
  bytes.set(magnitudes, at.levels + levels.byteLength);
  bytes.set(new Uint8Array(escapes.buffer, escapes.byteOffset, escapes.length), at.escapes);
  new Uint16Array(buffer, at.words).set(words);
  const standing = new Uint32Array(buffer, at.lanes, 3 * LANES + 2);
  standing.set(lanes.flatMap(({ state, next, end }) => [state, at.words + 2 * next, at.words + 2 * end]));
  standing.set([at.escapes, at.escapes + escapes.length], 3 * LANES);
  const group = 4 * LANES * columns;
  for (let done = 0; done < groups; done += GROUPS_A_CALL) {
    const some = Math.min(GROUPS_A_CALL, groups - done);
    const out = vectors + done * group;
    if (!exports.decode(some, columns, width, at.contexts, at.symbols, at.cells, at.levels, step, at.lanes, out)) break;
  }
  makeResident(buffer, { exports, vectors, free });
  return {
    values: new Float32Array(buffer, vectors, groups * LANES * columns),
    states: lanes.map((_, lane) => standing[3 * lane] as number),
    nexts: lanes.map((_, lane) => ((standing[3 * lane + 1] as number) - at.words) / 2),
    escaped: (standing[3 * LANES] as number) - at.escapes,
  };
}
