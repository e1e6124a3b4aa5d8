import { describe, expect, test } from "vitest";
import { LADDER, TrainingConfig } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import { decodeModel, encodeModel } from "#model/codec.ts";
import { goldenModel } from "#model/golden.ts";
import { createClassifier } from "#model/score.ts";
import { compress } from "./compress.ts";
import { evaluate } from "./evaluate.ts";
import { rotate } from "./rotate.ts";
import { tinyDev, tinyExamples } from "./test-support/tiny.ts";
import { train } from "./train.ts";

const model = goldenModel();
const bytes = encodeModel(model);
const text = "転職するか迷っている。should i quit my job?";
const scores = (given: Uint8Array | typeof model): Map<number, number> =>
  new Map(
    createClassifier(given instanceof Uint8Array ? decodeModel(given) : given)
      .classify(text, { top: 8 })
      .predictions.map(({ id, score }) => [id, score]),
  );

test("rotating changes no answer, and brings the variance to the first columns", () => {
  const turned = rotate(model);
  for (const [id, score] of scores(model)) expect(scores(turned).get(id)).toBeCloseTo(score, 5);
  const energies = Array.from({ length: turned.dimension }, (_, column) =>
    turned.vectors.reduce((sum, value, at) => sum + (at % turned.dimension === column ? value * value : 0), 0),
  );
  expect(energies).toEqual([...energies].sort((a, b) => b - a));
});

describe("compress", () => {
  test("makes each rung smaller than the one before it", () => {
    // Centres alone are 1.5 KB of the golden model on rung codebook: it is smaller only where there is more to say.
    const rungs = LADDER.filter((rung) => rung !== "codebook");
    const sizes = [bytes, ...rungs.map((rung) => compress(bytes, rung))].map(({ length }) => length);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(new Set(sizes).size).toBe(sizes.length);
  });

  test.each([
    ["float16", 0.001],
    ["int8", 0.005],
    ["codebook", 0.1],
    ["coded", 0.1],
  ] as const)("answers on rung %s as before, up to %f", (rung, error) => {
    const after = scores(compress(bytes, rung));
    for (const [id, score] of scores(model)) expect(Math.abs((after.get(id) as number) - score)).toBeLessThan(error);
  });

  test("loses no answer of a trained model", async () => {
    const options = TrainingConfig.parse({ epochs: 20, max_dimension: 6, dropout: 0.2, learningRate: 0.3 });
    const trained = (await train({ examples: tinyExamples, options, seed: 7 })).model;
    for (const rung of LADDER) expect(evaluate(compress(trained, rung), tinyDev).top1.value).toBe(1);
  });

  test.each(["float16", "int8"] as const)("done twice on rung %s changes nothing more", (rung) => {
    const once = compress(bytes, rung);
    expect(compress(once, rung)).toEqual(once);
  });

  test("takes the finest step that fits", () => {
    const usual = compress(bytes, "coded");
    const maxBytes = usual.length - 150;
    const small = compress(bytes, "coded", maxBytes);
    expect(small.length).toBeLessThanOrEqual(maxBytes);
    expect(small.length).toBeGreaterThan(maxBytes - 32);
    expect(decodeModel(small).step).toBeGreaterThan(decodeModel(usual).step as number);
    expect(decodeModel(compress(bytes, "coded", 1e6)).step).toBeLessThan(decodeModel(usual).step as number);
  });

  test("takes the narrowest sub-vectors that fit, of five numbers without a limit", () => {
    const widths = [0, 10_000, 4_500, 4_000].map(
      (maxBytes) => decodeModel(compress(bytes, "codebook", maxBytes)).codebook?.width,
    );
    expect(widths[0]).toBe(5);
    expect(widths[1]).toBe(2);
    expect(widths).toEqual([5, ...widths.slice(1).sort()]);
  });

  test("refuses a size that cannot be had, and numbers beyond its range", () => {
    expect(() => compress(bytes, "float16", 1000)).toThrow("more than 1000");
    expect(() => compress(bytes, "coded", 1000)).toThrow(InputError);
    const large = encodeModel({ ...model, vectors: model.vectors.map(() => 70_000) });
    expect(() => compress(large, "float16")).toThrow(InputError);
    expect(() => compress(new Uint8Array(64), "coded")).toThrow(InputError);
  });
});
