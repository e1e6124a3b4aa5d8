import { expect, test } from "vitest";
import { Config } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import { compress } from "#training/compress.ts";
import { type Measured, measure } from "#training/measure.ts";
import { tinyDev, tinyExamples } from "#training/test-support/tiny.ts";
import { train } from "#training/train.ts";
import { measureInWorkerd } from "./workerd.ts";

const { training } = Config.parse({ training: { epochs: 10, max_dimension: 6 } });
const { model: original } = await train({ examples: tinyExamples, options: training, seed: 7 });

/** Everything but the time that it took. */
const figures = ({ model, current, ...rest }: Measured) => ({
  ...rest,
  model: { ...model, microsPerQuery: undefined },
  current: { ...current, microsPerQuery: undefined },
});

test("a model's figures in workerd, by the kernel, are those of Node without it", async () => {
  const given = { model: compress(original, "coded"), original, current: compress(original, "int8"), queries: tinyDev };
  expect(figures(await measureInWorkerd(given))).toEqual(figures(measure(given)));
});

test("words are cut there as here: what was trained with Intl.Segmenter may be served", async () => {
  const examples = [
    ...["東京都に引っ越した", "会社を辞めたい", "取引先と揉めた"].map((text) => ({ label: "work", text })),
    ...["她不知道该不该搬家", "彼氏と別れたい", "友達ができません"].map((text) => ({ label: "life", text })),
  ];
  const { model } = await train({ examples, options: { ...training, max_dimension: 2, segmenter: true }, seed: 7 });
  const given = { model: compress(model, "coded"), original: model, queries: examples };
  expect(figures(await measureInWorkerd(given))).toEqual(figures(measure(given)));
});

test("a damaged model is refused there as here", async () => {
  const model = compress(original, "coded");
  model[model.length - 20] = (model[model.length - 20] as number) ^ 1;
  const measuring = measureInWorkerd({ model, original, queries: tinyDev });
  await expect(measuring).rejects.toBeInstanceOf(InputError);
  await expect(measuring).rejects.toThrow("checksum");
});
