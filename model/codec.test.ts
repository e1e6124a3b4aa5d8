import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { decodeModel, encodeModel } from "./codec.ts";
import { goldenModel, goldenRungs } from "./golden.ts";
import { RUNGS } from "./model.ts";
import { pin } from "./pinned.ts";
import { seal } from "./test-support/mutate.ts";

const model = goldenModel();
const bytes = encodeModel(model);
const onRung = goldenRungs();
const STEP = onRung.coded.step as number;

/** Bytes with a changed header of the same length. */
function withHeader(change: (json: string) => string): Uint8Array {
  const copy = bytes.slice();
  const length = new DataView(copy.buffer).getUint32(8, true);
  const json = String.fromCharCode(...copy.subarray(16, 16 + length));
  const changed = change(json.trimEnd()).padEnd(length);
  expect(changed.length).toBe(length);
  for (let at = 0; at < length; at += 1) copy[16 + at] = changed.charCodeAt(at);
  return seal(copy);
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

  test("hold vectors and head in a quarter of the space on rung int8, with an error of half a step", () => {
    const small = encodeModel(onRung.int8);
    expect(small.length).toBeLessThan(bytes.length - 2.2 * (model.vectors.length + model.head.length));
    const { vectors, keys, idf } = decodeModel(small);
    expect({ keys, idf }).toEqual({ keys: model.keys, idf: model.idf });
    const errors = vectors.map((value, at) => Math.abs(value - (model.vectors[at] as number)));
    expect(Math.max(...errors)).toBeLessThanOrEqual(0.51 / 127);
  });

  test("give back vectors that are multiples of the step on rung coded, keys as they are, idf in eighths", () => {
    const given = onRung.coded;
    const small = encodeModel(given);
    expect(small.length).toBeLessThan(encodeModel(onRung.int8).length);
    const read = decodeModel(small);
    const plain = (values: Float32Array): number[] => [...values].map((value) => value + 0);
    expect(plain(read.vectors)).toEqual(plain(given.vectors));
    expect(read.keys).toEqual(given.keys);
    expect(read.step).toBe(STEP);
    expect(Math.max(...read.idf.map((value, at) => Math.abs(value - (model.idf[at] as number))))).toBeLessThanOrEqual(
      1 / 16,
    );
  });

  test("give back vectors that are put together from centres on rung codebook", () => {
    const given = onRung.codebook;
    const read = decodeModel(encodeModel(given));
    expect(read.vectors).toEqual(given.vectors);
    expect(read.codebook).toEqual(given.codebook);
  });

  test("give pinned features back exactly, on every rung", () => {
    const row = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 6, maxLength: 6 });
    const pins = fc.uniqueArray(fc.nat(model.keys.length - 1), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(fc.constantFrom(...RUNGS), pins, row, (rung, chosen, values) => {
        const { pinned: _, ...given } = onRung[rung];
        const vectors = given.vectors.slice();
        for (const index of chosen) vectors.set(values, index * 6);
        const pinned = pin({ ...given, vectors }, Uint32Array.from(chosen).sort());
        const once = encodeModel(pinned);
        const read = decodeModel(once);
        for (const index of chosen) {
          expect([...read.vectors.subarray(index * 6, index * 6 + 6)]).toEqual([...Float32Array.from(values)]);
          expect(read.idf[index]).toBe(given.idf[index]);
        }
        expect(encodeModel(read)).toEqual(once);
      }),
    );
  });

  test.each(RUNGS)("on rung %s are the same again after reading", (rung) => {
    const once = encodeModel(onRung[rung]);
    expect(decodeModel(once).rung).toBe(rung);
    expect(encodeModel(decodeModel(once))).toEqual(once);
  });

  test("may hold no feature at all", () => {
    const none = { keys: new Uint32Array(), idf: new Float32Array(), vectors: new Float32Array() };
    for (const rung of RUNGS) {
      const { pinned: _, codebook, ...given } = onRung[rung];
      const empty = { ...given, ...none, ...(codebook ? { codebook: { ...codebook, codes: new Uint8Array() } } : {}) };
      expect(decodeModel(encodeModel(empty)).keys).toHaveLength(0);
    }
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
  test.each(RUNGS)("on rung %s are an InputError wherever they are cut", (rung) => {
    const whole = encodeModel(onRung[rung]);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        expect(() => decodeModel(whole.subarray(0, length))).toThrow(InputError);
      }),
    );
  });

  test.each(RUNGS)("on rung %s are an InputError wherever a byte is changed", (rung) => {
    const whole = encodeModel(onRung[rung]);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const broken = whole.slice();
        broken[at] = (broken[at] as number) ^ flip;
        expect(() => decodeModel(broken)).toThrow(InputError);
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
    ["bytes too many", () => seal(new Uint8Array([...bytes, ...new Uint8Array(8)])), "follow the last section"],
    ["a later schema", () => withHeader((json) => json.replace('"schema":1', '"schema":3')), "schema is 3"],
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

  test("a header of rung coded that claims more than there is", () => {
    const whole = encodeModel(onRung.coded);
    const claim = (from: RegExp, to: string) => {
      const length = new DataView(whole.buffer).getUint32(8, true);
      const json = String.fromCharCode(...whole.subarray(16, 16 + length));
      const changed = json.replace(from, to);
      expect(changed).not.toBe(json);
      const padded = changed.trimEnd().padEnd(Math.ceil(changed.trimEnd().length / 8) * 8);
      const copy = new Uint8Array(16 + padded.length + whole.length - 16 - length);
      copy.set(whole.subarray(0, 16));
      new DataView(copy.buffer).setUint32(8, padded.length, true);
      copy.set(
        Uint8Array.from(padded, (letter) => letter.charCodeAt(0)),
        16,
      );
      copy.set(whole.subarray(16 + length), 16 + padded.length);
      return seal(copy);
    };
    const cases: [RegExp, string, string][] = [
      [/"vocabulary":\d+/, '"vocabulary":200000000', "too many"],
      [/"dimension":6/, '"dimension":4096', "too many"],
      [/"dimension":6/, '"dimension":1024', "ends inside"],
      [/"lanes":\[[^\]]*\]/, '"lanes":[4]', "how long its lanes are"],
      [/"lanes":\[(\d+),(\d+)/, '"lanes":[$2,$1', "its vectors'"],
      [/"schema":2/, '"schema":1', "its vectors'"],
      [/"coded":\{[^}]*\}/, '"coded":7', "how it is coded"],
      [/"words":\d+,"lanes":\[[^\]]*\]/, '"words":1000000000,"lanes":[1000000000]', "ends inside vectors"],
      [/"words":\d+/, '"words":-1', "how it is coded"],
      [/"step":[\d.]+/, '"step":-1', "how it is coded"],
      [/"idfTop":\d+/, '"idfTop":0.5', "how it is coded"],
    ];
    for (const [from, to, message] of cases) expect(() => decodeModel(claim(from, to))).toThrow(message);
  });

  test("a codebook of another size, and pinned features that are none, are refused", () => {
    const given = onRung.codebook;
    const { codebook: _, ...without } = given;
    const { codebook, pinned } = given;
    if (!codebook || !pinned) throw new Error("the golden model lost its codebook");
    expect(() => encodeModel(without)).toThrow("has a codebook");
    expect(() => encodeModel({ ...given, codebook: { ...codebook, width: 2 } })).toThrow("another size");
    for (const indices of [Uint32Array.of(5, 5), Uint32Array.of(0, given.keys.length)])
      expect(() => decodeModel(encodeModel({ ...given, pinned: { ...pinned, indices } }))).toThrow(
        "do not ascend within",
      );
  });

  test("what rung coded cannot hold is refused when it is written", () => {
    const given = onRung.coded;
    const { step: _, ...stepless } = given;
    expect(() => encodeModel(stepless)).toThrow("has a step");
    expect(() => encodeModel({ ...given, step: 2 ** -12 })).toThrow("more than 127 steps");
    expect(() => encodeModel({ ...given, keys: given.keys.slice().reverse() })).toThrow("do not ascend");
    expect(() => encodeModel({ ...given, head: given.head.map(() => Number.NaN) })).toThrow("not finite");
  });

  test("keys out of order and numbers that are not finite", () => {
    expect(() => decodeModel(encodeModel({ ...model, keys: model.keys.slice().reverse() }))).toThrow("do not ascend");
    expect(() => decodeModel(encodeModel({ ...model, bias: model.bias.map(() => Number.NaN) }))).toThrow("bias");
    expect(() => decodeModel(encodeModel({ ...model, rung: "float16", head: model.head.map(() => 1e6) }))).toThrow(
      "head",
    );
  });
});
