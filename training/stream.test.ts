import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { TrainingConfig } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import type { Example } from "#contracts/example.ts";
import { openArrow, writeArrow } from "#datasets/arrow-stream.ts";
import { compress } from "./compress.ts";
import { evaluate } from "./evaluate.ts";
import { createFrequencies } from "./frequencies.ts";
import { buildVocabulary, classesOf } from "./problem.ts";
import { type Source, trainStream } from "./stream.ts";
import { tinyDev, tinyExamples } from "./test-support/tiny.ts";

const classes = classesOf(tinyExamples);
const example = ({ label, text }: { label: string; text: string }, at: number, split: Example["split"]): Example => {
  const id = `${split}-${at}`;
  return { id, label, text, lang: "und", split, weight: 1, source: "authored", family: id, acceptable: [] };
};
const examples = [
  ...tinyExamples.map((one, at) => example(one, at, "train")),
  ...tinyDev.map((one, at) => example(one, at, "dev")),
];
/** Sorted by class as the examples are, in batches that hold one class each. */
const batches = Array.from({ length: Math.ceil(examples.length / 3) }, (_, at) => examples.slice(3 * at, 3 * at + 3));
let most = 0;
const source: Source = {
  classes,
  batches: batches.length,
  async read(batch) {
    most = Math.max(most, batch);
    return batches[batch] as Example[];
  },
};
const options = TrainingConfig.parse({ epochs: 20, max_dimension: 6, dropout: 0.2, learningRate: 0.3 });
const folder = mkdtempSync(join(tmpdir(), "haqei-stream-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("trainStream", () => {
  test("learns from batches, learns no dev example, and is the same each time", async () => {
    const { model, report } = await trainStream({ source, options, seed: 7 });
    expect(evaluate(model, tinyDev).top1.value).toBe(1);
    expect(report).toMatchObject({ examples: tinyExamples.length, epochs: 20, classes: 4 });
    expect(report.features).toBe(buildVocabulary(tinyExamples, { count: 0 }).keys.length);
    expect((await trainStream({ source, options, seed: 7 })).model).toEqual(model);
    expect((await trainStream({ source, options, seed: 8 })).model).not.toEqual(model);
    expect(most).toBe(batches.length - 1);
  });

  test("keeps within maxBytes", async () => {
    const whole = compress((await trainStream({ source, options, seed: 7 })).model, "coded");
    const maxBytes = Math.floor(0.7 * whole.length);
    const { model } = await trainStream({ source, options, seed: 7, maxBytes });
    expect(compress(model, "coded", maxBytes).length).toBeLessThanOrEqual(maxBytes);
  });

  test("from an Arrow file it comes to the same bytes", async () => {
    const path = join(folder, "tiny.arrow");
    await writeArrow(path, classes, batches);
    const file = await openArrow(path);
    try {
      expect(file.batches).toBe(batches.length);
      expect(await file.read(2)).toEqual(batches[2]);
      const streamed = await trainStream({ source: file, options, seed: 7 });
      expect(streamed.model).toEqual((await trainStream({ source, options, seed: 7 })).model);
    } finally {
      await file.close();
    }
  });

  test("a label that is no class is refused", async () => {
    const strange = { ...source, classes: classes.slice(1) };
    await expect(trainStream({ source: strange, options, seed: 7 })).rejects.toThrow(InputError);
  });
});

describe("createFrequencies", () => {
  const keys = fc.array(fc.nat(50), { maxLength: 300 });
  const exact = (all: readonly number[]) => {
    const counts = new Map<number, number>();
    for (const key of all) counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts;
  };

  test("is exact within its capacity, the most frequent first, ascending", () => {
    fc.assert(
      fc.property(keys, fc.nat(60), (all, count) => {
        const frequencies = createFrequencies(51);
        for (const key of all) frequencies.add(key);
        const found = frequencies.most(count);
        const counts = exact(all);
        const wanted = [...counts].sort(([a, inA], [b, inB]) => inB - inA || a - b).slice(0, count);
        expect([...found.keys].map((key, at) => [key, found.counts[at]])).toEqual(wanted.sort(([a], [b]) => a - b));
      }),
    );
  });

  test("beyond its capacity it never counts too little, and holds no more", () => {
    fc.assert(
      fc.property(keys, (all) => {
        const frequencies = createFrequencies(8);
        for (const key of all) frequencies.add(key);
        const found = frequencies.most(1000);
        expect(found.keys.length).toBeLessThanOrEqual(8);
        const counts = exact(all);
        for (const [at, key] of found.keys.entries())
          expect(found.counts[at]).toBeGreaterThanOrEqual(counts.get(key) as number);
      }),
    );
  });
});
