import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { decodeModel, encodeModel } from "./codec.ts";
import { goldenModel } from "./golden.ts";

const model = goldenModel();
const bytes = encodeModel(model);

/** Bytes with a changed header of the same length. */
function withHeader(change: (json: string) => string): Uint8Array {
  const copy = bytes.slice();
  const length = new DataView(copy.buffer).getUint32(8, true);
  const json = String.fromCharCode(...copy.subarray(16, 16 + length));
  const changed = change(json.trimEnd()).padEnd(length);
  expect(changed.length).toBe(length);
  for (let at = 0; at < length; at += 1) copy[16 + at] = changed.charCodeAt(at);
  return copy;
}

describe("a model's bytes", () => {
  test("give the model back", () => {
    expect(decodeModel(bytes)).toEqual(model);
  });

  test("are the same for the same model, and again after reading", () => {
    expect(encodeModel(goldenModel())).toEqual(bytes);
    expect(encodeModel(decodeModel(bytes))).toEqual(bytes);
  });

  test("are read in place", () => {
    expect(decodeModel(bytes).vectors.buffer).toBe(bytes.buffer);
  });

  test("may lie anywhere in a larger buffer", () => {
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    expect(decodeModel(larger.subarray(3))).toEqual(model);
  });

  test("hold vectors and head in half the space on rung float16, and stay the same from there on", () => {
    const small = encodeModel({ ...model, rung: "float16" });
    const saved = 2 * (model.vectors.length + model.head.length);
    expect(bytes.length - small.length).toBeGreaterThan(saved - 16);
    const read = decodeModel(small);
    expect(read.rung).toBe("float16");
    // Whole multiples of 2^-12 under 1 need 12 bits; 11 are kept.
    const errors = read.vectors.map((value, at) => Math.abs(value - (model.vectors[at] as number)));
    expect(Math.max(...errors)).toBeLessThanOrEqual(2 ** -12);
    expect(encodeModel(read)).toEqual(small);
  });

  test("name any class", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: "binary", minLength: 1 }), { minLength: 8, maxLength: 8 }),
        (classes) => {
          expect(decodeModel(encodeModel({ ...model, classes })).classes).toEqual(classes);
        },
      ),
    );
  });
});

describe("malformed bytes", () => {
  test("are an InputError wherever they are cut", () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        expect(() => decodeModel(bytes.subarray(0, length))).toThrow(InputError);
      }),
    );
  });

  test("never give anything but a model or an InputError", () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const broken = bytes.slice();
        broken[at] = (broken[at] as number) ^ flip;
        try {
          expect(decodeModel(broken).vectors.length).toBe(model.vectors.length);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
        expect(() => decodeModel(random)).toThrow(InputError);
      }),
    );
  });

  test.each([
    ["another format", () => bytes.slice().fill(65, 0, 8), "does not begin with HAQEIMDL"],
    ["bytes too many", () => new Uint8Array([...bytes, ...new Uint8Array(8)]), "follow the last section"],
    ["another schema", () => withHeader((json) => json.replace('"schema":1', '"schema":2')), "schema is 2"],
    ["an unknown rung", () => withHeader((json) => json.replace("float32", "float33")), "rung is float33"],
    [
      "another normaliser",
      () => withHeader((json) => json.replace('"normaliser":1', '"normaliser":9')),
      "normaliser 9",
    ],
    ["no dimension", () => withHeader((json) => json.replace('"dimension":6', '"dimension":0')), "dimension is 0"],
    ["a negative temperature", () => withHeader((json) => json.replace("0.75", "-0.7")), "temperature is -0.7"],
    [
      "two classes of one name",
      () => withHeader((json) => json.replace("turn back", "go forward").replace(/ +$/, "")).slice(),
      "one name",
    ],
    ["a header that is no JSON", () => withHeader((json) => json.replace("{", "[")), "not JSON"],
  ])("%s", (_, make, message) => {
    expect(() => decodeModel(make())).toThrow(message);
  });

  test("keys out of order and numbers that are not finite", () => {
    expect(() => decodeModel(encodeModel({ ...model, keys: model.keys.slice().reverse() }))).toThrow("do not ascend");
    expect(() => decodeModel(encodeModel({ ...model, bias: model.bias.map(() => Number.NaN) }))).toThrow("bias");
    expect(() => decodeModel(encodeModel({ ...model, rung: "float16", head: model.head.map(() => 1e6) }))).toThrow(
      "head",
    );
  });
});
