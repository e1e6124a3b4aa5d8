import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { compileKernel } from "#local/kernel.mjs";
import { useKernelInNode } from "#training/kernel.ts";
import { decodeModel, encodeModel } from "../codec.ts";
import { crc32 } from "../container.ts";
import { decodeMatrix, encodeMatrix } from "../entropy.ts";
import { goldenRungs } from "../golden.ts";
import type { Model } from "../model.ts";
import { decodeAscending, decodeRice, encodeRice } from "../rice.ts";
import { createClassifier } from "../score.ts";
import { withKernel } from "../test-support/kernel.ts";
import { useKernel } from "./kernel.ts";
import { linearInKernel } from "./linear.ts";

afterEach(() => useKernel(undefined));

test("the kernel's bytes are what its source compiles to", async () => {
  const built = await compileKernel();
  expect(Buffer.from(built).equals(readFileSync(new URL("./kernel.wasm", import.meta.url)))).toBe(true);
});

/** What `work` gives or throws. */
const outcome = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return (error as Error).message;
  }
};

/** The same with the kernel and without, be it a value or a complaint. */
const expectSame = (work: () => unknown): void => {
  const plain = outcome(work);
  expect(withKernel(() => outcome(work))).toEqual(plain);
};

describe("with the kernel as without are", () => {
  test("checksums, over any length", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => expectSame(() => crc32(bytes))));
    const long = Uint8Array.from({ length: 100_003 }, (_, at) => at * 7 + (at >> 8));
    expectSame(() => crc32(long));
    expectSame(() => crc32(long.subarray(5)));
  });

  test("matrices in 8 bits, and numbers beyond float32 among them", () => {
    const { int8 } = goldenRungs();
    const scale = fc.oneof(fc.float({ noNaN: true, min: 0, max: 10 }), fc.constant(Math.fround(3e38)));
    fc.assert(
      fc.property(fc.array(scale, { minLength: 1, maxLength: 9 }), (scales) => {
        const classes = scales.map((_, id) => `class ${id}`);
        const head = Float32Array.from({ length: scales.length * int8.dimension }, (_, at) => {
          const value = (scales[Math.floor(at / int8.dimension)] as number) * (at % 2 ? -1 : 1);
          return at % int8.dimension === 0 ? value : value / (1 + (at % 7));
        });
        const zeros = new Float32Array(scales.length);
        const bytes = encodeModel({ ...int8, classes, head, bias: zeros, prior: zeros });
        expectSame(() => decodeModel(bytes).head);
        // A scale is the first number of the head's section: three times the largest leaves float32.
        const damaged = bytes.slice();
        const at = 16 + new DataView(bytes.buffer).getUint32(8, true) + headAt(int8);
        new DataView(damaged.buffer).setFloat32(at, 3.4e38, true);
        new DataView(damaged.buffer).setUint32(12, crc32(damaged.subarray(16)), true);
        if ((scales[0] as number) > 1e-30) expect(outcome(() => decodeModel(damaged))).toMatch("not finite");
        expectSame(() => decodeModel(damaged).head);
      }),
    );
  });

  test("Rice codes, whole, cut and of any bytes", () => {
    const whole = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.nat(100));
    fc.assert(
      fc.property(fc.array(whole), fc.nat(3), (values, cut) => {
        const { shift, bytes } = encodeRice(values);
        const codes = { shift, bytes: bytes.subarray(0, bytes.length - cut) };
        expectSame(() => decodeRice(codes, values.length, "numbers"));
        expectSame(() => decodeAscending(codes, values.length, "numbers"));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(33), fc.nat(64), (bytes, shift, count) =>
        expectSame(() => decodeRice({ shift, bytes }, count, "numbers")),
      ),
    );
    expectSame(() => decodeRice({ shift: 0, bytes: new Uint8Array(2000).fill(255) }, 1, "numbers"));
  });

  test("matrices, whole and damaged", () => {
    const matrix = fc.integer({ min: 1, max: 20 }).chain((columns) =>
      fc.tuple(
        fc.constant(columns),
        fc
          .array(
            fc.array(fc.oneof(fc.constant(0), fc.integer({ min: -127, max: 127 })), {
              minLength: columns,
              maxLength: columns,
            }),
          )
          .map((rows) => Int8Array.from(rows.flat())),
      ),
    );
    fc.assert(
      fc.property(matrix, fc.nat(), fc.nat(0xffff), fc.boolean(), ([columns, values], at, flip, damage) => {
        const coded = encodeMatrix(values, columns);
        if (damage) coded.words[at % coded.words.length] = flip;
        expectSame(() => decodeMatrix(coded, values.length / columns, 0.25));
      }),
    );
  });

  test("scores, whatever the numbers of features, dimensions and classes", () => {
    const sizes = fc.record({
      dimension: fc.integer({ min: 1, max: 40 }),
      classes: fc.integer({ min: 1, max: 20 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(sizes, fc.string({ unit: "grapheme", maxLength: 80 }), ({ dimension, classes, seed }, text) => {
        const bytes = encodeModel(drawn(dimension, classes, seed));
        expectSame(() => createClassifier(decodeModel(bytes)).classify(`${text} 転職 quit my job`, { top: classes }));
      }),
      { numRuns: 200 },
    );
  });
});

test("a model that the kernel decoded is scored where it lies, and others are not", () => {
  useKernelInNode();
  const { coded, int8 } = goldenRungs();
  expect(linearInKernel(decodeModel(encodeModel(coded)))).toBeDefined();
  expect(linearInKernel(decodeModel(encodeModel(int8)))).toBeUndefined();
});

/** Where the head's scales begin behind the header, on rung `int8`: after keys, idf, and the vectors' scales and codes. */
function headAt({ keys, dimension }: Model): number {
  const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;
  return 3 * aligned(4 * keys.length) + aligned(keys.length * dimension);
}

/** The golden model's keys with other numbers, from a linear congruential generator. */
function drawn(dimension: number, classes: number, seed: number): Model {
  const { coded } = goldenRungs();
  let state = seed >>> 0;
  const draw = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const floats = (length: number) => Float32Array.from({ length }, draw);
  return {
    ...coded,
    classes: Array.from({ length: classes }, (_, id) => `class ${id}`),
    dimension,
    vectors: floats(coded.keys.length * dimension).map((value) => Math.round(value * 20) / 32),
    head: floats(classes * dimension),
    bias: floats(classes),
    prior: new Float32Array(classes).fill(1 / classes),
  };
}
