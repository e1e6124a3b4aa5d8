import { expect, test } from "vitest";
import { TrainingConfig } from "#contracts/config.ts";
import { decodeModel } from "#model/codec.ts";
import { compress } from "./compress.ts";
import { keysOf, pinsOf } from "./pinning.ts";
import { tinyExamples } from "./test-support/tiny.ts";
import { train } from "./train.ts";

test("a term is the n-grams that cover it: as a word and as characters", () => {
  expect(keysOf("rain")).toHaveLength(2);
  expect(keysOf("ＲＡＩＮ")).toEqual(keysOf("rain"));
  expect(keysOf("雨")).toHaveLength(2);
  expect(keysOf("transfer money")).toHaveLength(1);
  expect(keysOf("...")).toEqual([]);
});

test("pinned features come out of every coded rung as they went in", async () => {
  const options = TrainingConfig.parse({ epochs: 3, max_dimension: 6 });
  const bytes = (await train({ examples: tinyExamples, options, seed: 7 })).model;
  const model = decodeModel(bytes);
  const { keys, unknown } = pinsOf({ terms: ["rain", "送金", "unheard"], decisive: 3 }, model, tinyExamples);
  expect(unknown).toEqual(["unheard"]);
  expect(keys.size).toBe([...keysOf("rain"), ...keysOf("送金")].filter((key) => model.keys.includes(key)).length + 3);
  for (const rung of ["int8", "codebook", "coded"] as const) {
    const read = decodeModel(compress(bytes, rung, 0, keys));
    // Rungs may turn the axes: what they leave as it is are products with the head's own axes, here an n-gram's length.
    for (const key of keys) {
      const at = model.keys.indexOf(key);
      const length = (values: Float32Array) =>
        Math.hypot(...values.subarray(at * model.dimension, (at + 1) * model.dimension));
      expect(length(read.vectors)).toBeCloseTo(length(model.vectors), 5);
      expect(read.idf[at]).toBe(model.idf[at]);
    }
    expect(read.pinned?.indices).toHaveLength(keys.size);
  }
});
