import { beforeAll, describe, expect, test } from "vitest";
import { TrainingConfig } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import { decodeModel } from "#model/codec.ts";
import type { Model } from "#model/model.ts";
import { compress } from "./compress.ts";
import { measureCompression } from "./gate.ts";
import type { LabelledText } from "./problem.ts";
import { rotate } from "./rotate.ts";
import { damaged, synthetic } from "./test-support/damage.ts";
import { train } from "./train.ts";

const heldOut = synthetic(400, 2);
let original: Model;
let trained: Uint8Array;

beforeAll(async () => {
  const options = TrainingConfig.parse({ epochs: 8, max_dimension: 12 });
  trained = (await train({ examples: synthetic(600, 1), options, seed: 1 })).model;
  original = decodeModel(trained);
});

describe("measureCompression", () => {
  test("finds a model the same as itself, and as itself on other axes", () => {
    for (const same of [original, rotate(original)]) {
      const measures = measureCompression(original, same, heldOut);
      expect(measures).toMatchObject({ n: 400, keyword_coverage: 1, worse: 0, better: 0, agreement: 1 });
      expect(measures.information_retention).toBeCloseTo(1, 6);
      expect(measures.semantic_similarity).toBeCloseTo(1, 6);
    }
  });

  test("finds less on each rung, and enough on the last", () => {
    const retained = (["float16", "int8", "coded"] as const).map(
      (rung) => measureCompression(original, decodeModel(compress(trained, rung)), heldOut).information_retention,
    );
    expect(retained).toEqual([...retained].sort((a, b) => b - a));
    expect(retained.at(-1)).toBeGreaterThan(0.9);
    expect(retained.at(-1)).toBeLessThan(1);
  });

  test.each(["coded", "codebook"] as const)(
    "finds damage on rung %s: a tenth of the codes exchanged among themselves",
    (rung) => {
      const model = decodeModel(compress(trained, rung));
      const whole = measureCompression(original, model, heldOut);
      const broken = measureCompression(original, damaged(model), heldOut);
      expect(broken.information_retention).toBeLessThan(whole.information_retention);
      expect(broken.semantic_similarity).toBeLessThan(whole.semantic_similarity);
      expect(whole.vector_retention).toBeGreaterThan(0.9);
      expect(broken.vector_retention).toBeLessThan(0.9);
    },
  );

  test("does not compare single n-grams of models that were trained apart", () => {
    const apart = { ...original, bias: original.bias.map((value) => value + 0.5) };
    expect(measureCompression(original, apart, heldOut).vector_retention).toBeUndefined();
  });

  test("counts the answers that alone are wrong, and alone right", () => {
    const backwards = { ...original, head: original.head.map((value) => -value) };
    const lost = measureCompression(original, backwards, heldOut);
    expect(lost.worse).toBeGreaterThan(300);
    expect(measureCompression(backwards, original, heldOut)).toMatchObject({ worse: lost.better, better: lost.worse });
    expect(lost.semantic_similarity).toBeCloseTo(-1, 6);
    expect(lost.agreement).toBeLessThan(0.1);
  });

  test("counts n-grams that are gone", () => {
    const { dimension, keys, idf, vectors } = original;
    const half = keys.length >> 1;
    const cut = {
      ...original,
      keys: keys.subarray(0, half),
      idf: idf.subarray(0, half),
      vectors: vectors.subarray(0, half * dimension),
    };
    const { keyword_coverage, vector_retention } = measureCompression(original, cut, heldOut);
    expect(keyword_coverage).toBeGreaterThan(0.3);
    expect(keyword_coverage).toBeLessThan(0.7);
    expect(vector_retention).toBeLessThan(0.8);
    expect(measureCompression(cut, original, heldOut).keyword_coverage).toBe(1);
  });

  test("a text that neither model knows says nothing against it", () => {
    const [known] = heldOut;
    const strange = { label: "class 0", text: "ххх" };
    const { semantic_similarity, keyword_coverage } = measureCompression(original, original, [
      known as LabelledText,
      strange,
    ]);
    expect([semantic_similarity, keyword_coverage]).toEqual([expect.closeTo(1, 9), 1]);
  });

  test("refuses other classes, and to measure on nothing", () => {
    const other = { ...original, classes: original.classes.map((name) => `${name}!`) };
    expect(() => measureCompression(original, other, heldOut)).toThrow(InputError);
    expect(() => measureCompression(original, original, [])).toThrow(InputError);
  });
});
