import { describe, expect, test } from "vitest";
import { TrainingConfig } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import type { Example } from "#contracts/example.ts";
import { decodeModel } from "#model/codec.ts";
import { segmenterPrint } from "#model/segment.ts";
import { compress } from "./compress.ts";
import { evaluate } from "./evaluate.ts";
import { buildVocabulary, classesOf } from "./problem.ts";
import { trainStream } from "./stream.ts";
import { tinyDev, tinyExamples } from "./test-support/tiny.ts";
import { type TrainInput, train } from "./train.ts";
import { inherit, readParent } from "./warm.ts";

const options = TrainingConfig.parse({ epochs: 20, max_dimension: 6, dropout: 0.2, learningRate: 0.3 });
const parent = (await train({ examples: tinyExamples, options, seed: 7 })).model;
const classes = classesOf(tinyExamples);
/** A fifth class's worth of words the parent has never seen, under a class it knows. */
const news = [
  { label: "travel", text: "rent a scooter" },
  { label: "travel", text: "scooter for the weekend" },
  { label: "travel", text: "where are scooters" },
];
const warm: TrainInput = { examples: [...tinyExamples, ...news], options, seed: 8, parent };

describe("a run from a parent", () => {
  test("learns the new, keeps the old, and takes its few epochs", async () => {
    const { model, report } = await train(warm);
    expect(report.epochs).toBe(options.warm.epochs);
    expect(evaluate(model, tinyDev).top1.value).toBe(1);
    expect(evaluate(model, [{ label: "travel", text: "any scooters" }]).top1.value).toBe(1);
    expect(evaluate(parent, [{ label: "travel", text: "any scooters" }]).top1.value).toBe(0);
  });

  test("keeps every feature of the parent, at the parent's idf", async () => {
    const before = decodeModel(parent);
    const after = decodeModel((await train({ ...warm, examples: [...tinyExamples.slice(3), ...news] })).model);
    const idfOf = new Map([...after.keys].map((key, at) => [key, after.idf[at]]));
    for (const [at, key] of before.keys.entries()) expect(idfOf.get(key)).toBe(before.idf[at]);
    expect(after.keys.length).toBeGreaterThan(before.keys.length);
    expect(after.dimension).toBe(before.dimension);
  });

  test("is the same each time, and from any checkpoint", async () => {
    const checkpoints: Uint8Array[] = [];
    const { model } = await train(warm, { onEpoch: (make) => checkpoints.push(make()) });
    for (const checkpoint of checkpoints) expect((await train({ ...warm, checkpoint })).model).toEqual(model);
    await expect(
      train({ ...warm, parent: (await train(warm)).model, checkpoint: checkpoints[0] as Uint8Array }),
    ).rejects.toThrow(InputError);
  });

  test("keeps within maxBytes", async () => {
    const whole = compress((await train(warm)).model, "coded");
    const maxBytes = Math.floor(0.7 * whole.length);
    const { model } = await train({ ...warm, maxBytes });
    expect(compress(model, "coded", maxBytes).length).toBeLessThanOrEqual(maxBytes);
  });
});

test("words are cut as the model says on every way to it: trained, streamed, compressed, and gone on from", async () => {
  const segmenter = segmenterPrint();
  const examples = [
    ...["席がない", "引っ越したい", "会社を辞めたい"].map((text) => ({ label: "work", text })),
    ...["彼氏と別れた", "友達ができない", "結婚したい"].map((text) => ({ label: "love", text })),
  ];
  const cutting = TrainingConfig.parse({ epochs: 2, max_dimension: 2, segmenter: true });
  const plain = { ...cutting, segmenter: false };
  const { model } = await train({ examples, options: cutting, seed: 1 });
  const read = decodeModel(model);
  expect(read.segmenter).toBe(segmenter);
  expect(read.keys.length).toBeGreaterThan(
    decodeModel((await train({ examples, options: plain, seed: 1 })).model).keys.length,
  );
  for (const rung of ["float16", "int8", "codebook", "coded"] as const)
    expect(decodeModel(compress(model, rung)).segmenter).toBe(segmenter);
  const on = await train({ examples, options: plain, seed: 2, parent: model });
  expect(decodeModel(on.model).segmenter).toBe(segmenter);
  const maxBytes = Math.floor(0.9 * compress(model, "coded").length);
  expect(decodeModel((await train({ examples, options: cutting, seed: 1, maxBytes })).model).segmenter).toBe(segmenter);
  const rows = examples.map(
    (one, at): Example => ({
      ...{ id: `${at}`, lang: "ja", split: "train", weight: 1, source: "authored", family: `${at}`, acceptable: [] },
      ...one,
    }),
  );
  const source = { classes: classesOf(examples), batches: 1, read: async () => rows };
  const streamed = decodeModel((await trainStream({ source, options: cutting, seed: 1 })).model);
  expect({ segmenter: streamed.segmenter, keys: streamed.keys }).toEqual({ segmenter, keys: read.keys });
});

test("a feature that the new examples lack counts as often as its idf says", () => {
  const vocabulary = buildVocabulary(tinyExamples, { count: 0 });
  const inherited = inherit(buildVocabulary([], { count: 0 }), vocabulary, tinyExamples.length);
  expect(inherited.keys).toEqual(vocabulary.keys);
  expect(inherited.documents).toEqual(vocabulary.documents);
});

test.each([
  ["compressed", () => readParent(compress(parent, "float16"), classes)],
  ["of other classes", () => readParent(parent, [...classes, "music"])],
  ["of another order", () => readParent(parent, [...classes].reverse())],
])("a parent that is %s is refused", (_, read) => {
  expect(read).toThrow(InputError);
});
