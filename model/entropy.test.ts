import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { type CodedMatrix, decodeMatrix, encodeMatrix, LANES } from "./entropy.ts";

/** Laplacian numbers whose scale falls from column to column and differs from row to row, as those of vectors do. */
function vectorLike(rows: number, columns: number): Int8Array {
  let state = 384;
  const draw = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return Int8Array.from({ length: rows * columns }, (_, at) => {
    const scale = (1 + (Math.floor(at / columns) % 7)) / (1 + (at % columns) / 4);
    return Math.max(-127, Math.min(127, Math.round(scale * Math.log(draw()) * (draw() < 0.5 ? -1 : 1))));
  });
}

/** Bits a number at least needs where each column has one distribution. */
function entropyByColumn(values: Int8Array, columns: number): number {
  let bits = 0;
  for (let column = 0; column < columns; column += 1) {
    const counts = new Map<number, number>();
    const own = values.filter((_, at) => at % columns === column);
    for (const value of own) counts.set(value, (counts.get(value) ?? 0) + 1);
    for (const count of counts.values()) bits -= count * Math.log2(count / own.length);
  }
  return bits / values.length;
}

const matrices = fc
  .tuple(fc.integer({ min: 1, max: 8 }), fc.array(fc.oneof(fc.constant(0), fc.integer({ min: -127, max: 127 }))))
  .map(([columns, values]) => ({
    columns,
    values: Int8Array.from(values.slice(0, values.length - (values.length % columns))),
  }));

const decode = (matrix: CodedMatrix, rows: number): number[] => [...decodeMatrix(matrix, rows, 1)];

describe("an entropy-coded matrix", () => {
  test("gives its numbers back, times the step", () => {
    fc.assert(
      fc.property(matrices, ({ columns, values }) => {
        expect(decode(encodeMatrix(values, columns), values.length / columns)).toEqual([...values]);
      }),
    );
    expect([...decodeMatrix(encodeMatrix(Int8Array.of(1, -2, 0, 100), 2), 2, 0.25)]).toEqual([0.25, -0.5, 0, 25]);
  });

  test("is smaller than the entropy of its columns, since rows tell of themselves", () => {
    const values = vectorLike(4000, 20);
    const { words, escapes } = encodeMatrix(values, 20);
    const bits = (16 * words.length + 8 * escapes.length) / values.length;
    expect(bits).toBeLessThan(0.98 * entropyByColumn(values, 20));
  });

  test("takes next to nothing for zeros", () => {
    expect(encodeMatrix(new Int8Array(100_000), 10).words).toHaveLength(2 * LANES);
  });

  test("that is damaged is an InputError, or in rare cases other numbers of the same count", () => {
    const values = vectorLike(60, 5);
    const matrix = encodeMatrix(values, 5);
    let refused = 0;
    const parts = ["means", "frequencies", "words", "escapes"] as const;
    fc.assert(
      fc.property(fc.constantFrom(...parts), fc.nat(), fc.integer({ min: 1, max: 65535 }), (part, place, flip) => {
        const copy = { ...matrix, [part]: matrix[part].slice() };
        if (copy[part].length === 0) return;
        const at = place % copy[part].length;
        copy[part][at] = (copy[part][at] as number) ^ flip;
        try {
          expect(decodeMatrix(copy, 60, 1)).toHaveLength(300);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          refused += 1;
        }
      }),
      { numRuns: 400 },
    );
    expect(refused).toBeGreaterThan(200);
  });

  test.each<[string, (matrix: CodedMatrix) => Partial<CodedMatrix>, string]>([
    ["words cut off", ({ words }) => ({ words: words.slice(0, -3) }), "does not end"],
    ["words too many", ({ words }) => ({ words: Uint16Array.of(...words, 0) }), "does not end"],
    ["no words", () => ({ words: new Uint16Array() }), "no state"],
    [
      "a state that is none",
      ({ words }) => ({ words: words.map((word, at) => (at === 0 ? 0xffff : word)) }),
      "no state",
    ],
    ["escapes too many", ({ escapes }) => ({ escapes: Int8Array.of(...escapes, 99) }), "does not end"],
    ["shares below 1", ({ frequencies }) => ({ frequencies: frequencies.map(() => 0) }), "less than 1"],
    ["shares above 1", ({ frequencies }) => ({ frequencies: frequencies.map(() => 9999) }), "more than 1"],
  ])("%s are refused", (_, change, message) => {
    const matrix = encodeMatrix(vectorLike(200, 5), 5);
    expect(() => decodeMatrix({ ...matrix, ...change(matrix) }, 200, 1)).toThrow(InputError);
    expect(() => decodeMatrix({ ...matrix, ...change(matrix) }, 200, 1)).toThrow(message);
  });
});
