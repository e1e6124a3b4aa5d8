import { expect, test } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { decodeModel, encodeModel } from "#model/codec.ts";
import { goldenModel } from "#model/golden.ts";
import { createClassifier } from "#model/score.ts";
import { toFloat16 } from "./compress.ts";

const model = goldenModel();
const text = "転職するか迷っている。should i quit my job?";

test("a model in float16 is smaller and answers nearly the same", () => {
  const bytes = encodeModel(model);
  const small = toFloat16(bytes);
  expect(small.length).toBeLessThan(bytes.length);
  const before = createClassifier(model).classify(text, { top: 8 }).predictions;
  const after = createClassifier(decodeModel(small)).classify(text, { top: 8 }).predictions;
  expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  for (const [rank, { score }] of before.entries()) expect(after[rank]?.score).toBeCloseTo(score, 3);
});

test("compressing twice changes nothing more", () => {
  const once = toFloat16(encodeModel(model));
  expect(toFloat16(once)).toEqual(once);
});

test("numbers beyond its range are refused", () => {
  const large = encodeModel({ ...model, vectors: model.vectors.map(() => 70_000) });
  expect(() => toFloat16(large)).toThrow(InputError);
});
