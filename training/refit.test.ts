import { beforeAll, describe, expect, test } from "vitest";
import { TrainingConfig } from "#contracts/config.ts";
import { decodeModel } from "#model/codec.ts";
import { compress } from "./compress.ts";
import { evaluate } from "./evaluate.ts";
import { refit, refitWhereBetter } from "./refit.ts";
import { tinyDev, tinyExamples } from "./test-support/tiny.ts";
import { train } from "./train.ts";

let bytes: Uint8Array;
beforeAll(async () => {
  const options = TrainingConfig.parse({ epochs: 2, max_dimension: 6, dropout: 0.2, learningRate: 0.05 });
  bytes = (await train({ examples: tinyExamples, options, seed: 7 })).model;
});
const fit = { examples: tinyExamples, epochs: 4, seed: 7 };

describe("refit", () => {
  test("moves table and head towards the examples, leaves keys and biases, and gives the same bytes again", async () => {
    const before = decodeModel(bytes);
    const step = decodeModel(compress(bytes, "coded")).step as number;
    const again = await refit(bytes, step, fit);
    const after = decodeModel(again);
    expect(await refit(bytes, step, fit)).toEqual(again);
    expect(after.keys).toEqual(before.keys);
    expect(after.bias).toEqual(before.bias);
    expect(after.head).not.toEqual(before.head);
    expect(evaluate(after, tinyExamples).top1.value).toBeGreaterThanOrEqual(evaluate(before, tinyExamples).top1.value);
    await expect(refit(bytes, 0, fit)).rejects.toThrow("the step is 0");
  });

  test("is kept only under the limit, with dev examples, and where more of them are answered right", async () => {
    const coded = compress(bytes, "coded");
    const maxBytes = coded.length + 500;
    const rule = { ...fit, below: maxBytes, maxBytes, pinned: new Set<number>(), dev: tinyDev };
    const kept = await refitWhereBetter(bytes, coded, rule);
    const [before, after] = [coded, kept].map((one) => evaluate(one, tinyDev).top1.value) as [number, number];
    expect(after > before || kept === coded).toBe(true);
    expect(kept.length).toBeLessThanOrEqual(maxBytes);
    expect(await refitWhereBetter(bytes, coded, { ...rule, below: maxBytes - 1 })).toBe(coded);
    expect(await refitWhereBetter(bytes, coded, { ...rule, dev: [] })).toBe(coded);
    // Nothing is better than all.
    const perfect = decodeModel(coded);
    const own = tinyExamples.filter(({ text, label }) => evaluate(perfect, [{ text, label }]).top1.value === 1);
    expect(await refitWhereBetter(bytes, coded, { ...rule, dev: own })).toBe(coded);
  });
});
