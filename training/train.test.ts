import { describe, expect, test } from "vitest";
import { TrainingConfig } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import { decodeModel } from "#model/codec.ts";
import { compress } from "./compress.ts";
import { evaluate } from "./evaluate.ts";
import { trainInThread } from "./run.ts";
import { tinyDev, tinyExamples } from "./test-support/tiny.ts";
import { type Progress, type TrainInput, train } from "./train.ts";

const options = TrainingConfig.parse({ epochs: 3, max_dimension: 6, dropout: 0.2, learningRate: 0.3 });
const input: TrainInput = { examples: tinyExamples, options, seed: 7 };
const long: TrainInput = { ...input, options: { ...options, epochs: 20 } };
const soup: TrainInput = { ...input, options: { ...options, soups: 2 } };

/** Trains on, from every checkpoint an unbroken run hands out, and gives each result. */
async function resumeEverywhere(whole: TrainInput): Promise<{ unbroken: Uint8Array; resumed: Uint8Array[] }> {
  const checkpoints: Uint8Array[] = [];
  const { model } = await train(whole, { onEpoch: (make) => checkpoints.push(make()) });
  const resumed: Uint8Array[] = [];
  for (const checkpoint of checkpoints) resumed.push((await train({ ...whole, checkpoint })).model);
  return { unbroken: model, resumed };
}

describe("train", () => {
  test("learns what the examples say", async () => {
    const { model, report } = await train({ ...long, dev: tinyDev });
    const { top1, n } = evaluate(model, tinyDev);
    expect(n).toBe(tinyDev.length);
    expect(top1.value).toBe(1);
    expect(report).toMatchObject({
      backend: "js",
      classes: 4,
      examples: tinyExamples.length,
      epochs: 20,
      resumedEpochs: 0,
    });
    expect(decodeModel(model).temperature).toBe(report.temperature);
  });

  test("gives the same bytes for the same seed, and others for another", async () => {
    const { model } = await train(input);
    expect((await train(input)).model).toEqual(model);
    expect((await train({ ...input, seed: 8 })).model).not.toEqual(model);
  });

  test.each([
    ["a single run", input],
    ["a soup", soup],
    ["two passes", { ...soup, maxBytes: 4000 }],
    ["a soup that dev may stop", { ...soup, dev: tinyDev, options: { ...soup.options, patience: 3 } }],
  ])("resumed from any checkpoint it gives the bytes of an unbroken run: %s", async (_, whole) => {
    const { unbroken, resumed } = await resumeEverywhere(whole);
    expect(resumed.length).toBe(3 * (whole.options.soups + (whole.maxBytes === undefined ? 0 : 1)));
    for (const model of resumed) expect(model).toEqual(unbroken);
  });

  test("a soup is another model than its first run, and as good", async () => {
    const { model } = await train({ ...long, options: { ...long.options, soups: 2 } });
    expect(model).not.toEqual((await train(long)).model);
    expect(evaluate(model, tinyDev).top1.value).toBe(1);
  });

  test("knows how far it has come", async () => {
    const seen: Progress[] = [];
    await train({ ...input, dev: tinyDev }, { onProgress: (progress) => seen.push(progress) });
    expect(seen.map(({ phase, epoch }) => [phase, epoch])).toEqual([
      ["features", 0],
      ["initialise", 0],
      ["fit", 1],
      ["fit", 2],
      ["fit", 3],
      ["calibrate", 3],
    ]);
    expect(seen.at(-2)).toMatchObject({ epochs: 3, etaSeconds: 0 });
  });

  test.each(["float16", "int8", "coded"] as const)("keeps within maxBytes on rung %s", async (rung) => {
    const full = compress((await train(long)).model, rung);
    const maxBytes = Math.floor(0.7 * full.length);
    const { model } = await train({ ...long, maxBytes, rung });
    const small = compress(model, rung, maxBytes);
    expect(small.length).toBeLessThanOrEqual(maxBytes);
    expect(small.length).toBeGreaterThan(0.9 * maxBytes - 100);
    expect(evaluate(small, tinyDev).top1.value).toBeGreaterThan(0.5);
  });

  test("keeps the most frequent features only, where asked", async () => {
    const { report } = await train({ ...input, options: { ...options, maxFeatures: 20 } });
    expect(report.features).toBe(20);
  });

  test("takes the smallest dimension that explains enough", async () => {
    const { report } = await train({ ...input, options: { ...options, min_variance_explained: 0.3 } });
    expect(report.dimension).toBeLessThan(3);
    expect(report.varianceExplained).toBeGreaterThanOrEqual(0.3);
  });

  test("keeps the ids of classes that have no example", async () => {
    const classes = ["nobody", "weather", "food", "money", "travel"];
    const model = decodeModel((await train({ ...long, classes })).model);
    expect(model.classes).toEqual(classes);
    expect(model.prior[0]).toBe(0);
    expect(evaluate(model, tinyDev).top1.value).toBe(1);
  });

  test("takes the weights of the epoch that answers most of dev right, and ends once none is better for long enough", async () => {
    const seen: Progress[] = [];
    const patient = { ...long, dev: tinyDev, options: { ...long.options, patience: 2 } };
    const { model } = await train(patient, { onProgress: (progress) => seen.push(progress) });
    const fitted = seen.filter(({ phase }) => phase === "fit").length;
    expect(fitted).toBeLessThan(20);
    expect(evaluate(model, tinyDev).top1.value).toBe(1);
    // Two more epochs were waited, and are not in the model.
    const shorter = await train({ ...patient, options: { ...patient.options, patience: 3 } });
    expect(shorter.model).toEqual(model);
    // Where nobody holds anything out it goes on to the end.
    const { dev: _, ...blind } = patient;
    expect((await train(blind)).model).toEqual((await train(long)).model);
  });

  test("balanced, a rare class weighs as much as a frequent one in the fit, and keeps its prior", async () => {
    const rare = tinyExamples.filter(({ label }, at) => label !== "food" || at % 6 === 0);
    const given = { ...input, examples: rare };
    const plain = await train(given);
    const even = await train({ ...given, options: { ...options, classWeights: "balanced" } });
    expect(decodeModel(even.model).prior).toEqual(decodeModel(plain.model).prior);
    const bias = (bytes: Uint8Array): number => {
      const model = decodeModel(bytes);
      return model.bias[model.classes.indexOf("food")] as number;
    };
    expect(bias(even.model)).toBeGreaterThan(bias(plain.model));
  });

  test("counts an example by its weight", async () => {
    const heavy = tinyExamples.map((example) => ({ ...example, weight: example.label === "food" ? 3 : 1 }));
    const model = decodeModel((await train({ ...input, examples: heavy })).model);
    expect(model.prior[model.classes.indexOf("food")]).toBeCloseTo(3 / 6);
  });

  test.each<[string, Partial<TrainInput>, string]>([
    ["no examples", { examples: [] }, "0 examples"],
    ["one class", { examples: tinyExamples.filter(({ label }) => label === "food") }, "1 classes"],
    ["a label that is no class", { classes: ["food", "weather"] }, "none of the 2 classes"],
    ["a weight of 0", { examples: [...tinyExamples, { label: "food", text: "soup", weight: 0 }] }, "has the weight 0"],
    ["a broken seed", { seed: 0.5 }, "the seed is 0.5"],
    ["a rate that diverges", { options: { ...options, learningRate: 1e30 } }, "diverged"],
    ["bytes for no feature", { maxBytes: 100 }, "hold no feature"],
    ["a checkpoint that is none", { checkpoint: new Uint8Array(64) }, "not a checkpoint"],
  ])("refuses %s", async (_, change, message) => {
    const attempt = train({ ...input, ...change });
    await expect(attempt).rejects.toBeInstanceOf(InputError);
    await expect(attempt).rejects.toThrow(message);
  });

  test("refuses a checkpoint of another run", async () => {
    let checkpoint: Uint8Array | undefined;
    await train(input, { onEpoch: (make) => (checkpoint = make()) });
    await expect(train({ ...input, seed: 8, ...(checkpoint ? { checkpoint } : {}) })).rejects.toThrow(
      "other examples, options or seed",
    );
  });
});

describe("trainInThread", () => {
  test("gives the bytes that train gives, with checkpoints to go on from", async () => {
    const { model } = await train(input);
    const checkpoints: Uint8Array[] = [];
    const seen: Progress[] = [];
    const result = await trainInThread(input, {
      onProgress: (progress) => seen.push(progress),
      onCheckpoint: (bytes) => void checkpoints.push(bytes),
      checkpointSeconds: 0,
    });
    expect(result.model).toEqual(model);
    expect(seen.filter(({ phase }) => phase === "fit")).toHaveLength(3);
    expect(checkpoints).toHaveLength(3);
    const resumed = await trainInThread({ ...input, checkpoint: checkpoints[1] as Uint8Array });
    expect(resumed.model).toEqual(model);
    expect(resumed.report.resumedEpochs).toBe(2);
  });

  const endless: TrainInput = {
    ...input,
    options: { ...options, epochs: 1000, learningRate: 0.01 },
    examples: Array(200).fill(tinyExamples).flat(),
  };

  test("ends when the signal says so, in the middle of a fit", async () => {
    const abort = new AbortController();
    const reason = new Error("cancelled by the test");
    const running = trainInThread(endless, {
      signal: abort.signal,
      onProgress: ({ phase }) => phase === "fit" && abort.abort(reason),
    });
    await expect(running).rejects.toBe(reason);
    await expect(trainInThread(input, { signal: abort.signal })).rejects.toBe(reason);
  });

  test("ends with the error of a checkpoint that could not be kept", async () => {
    const running = trainInThread(endless, {
      onCheckpoint: () => Promise.reject(new Error("the disk is full")),
      checkpointSeconds: 0,
    });
    await expect(running).rejects.toThrow("the disk is full");
  });

  test("passes on what is wrong with the input", async () => {
    const running = trainInThread({ ...input, examples: [] });
    await expect(running).rejects.toBeInstanceOf(InputError);
    await expect(running).rejects.toMatchObject({ hint: "Give examples of at least 2 classes." });
  });
});
