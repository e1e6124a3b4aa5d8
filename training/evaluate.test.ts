import { describe, expect, test } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { encodeModel } from "#model/codec.ts";
import { goldenModel } from "#model/golden.ts";
import { createClassifier } from "#model/score.ts";
import { evaluate } from "./evaluate.ts";

describe("evaluate", () => {
  const model = goldenModel();
  const { classify } = createClassifier(model);
  const texts = ["転職するか迷っている", "将来が不安です", "should i quit my job", "她不知道该不该搬家"];
  const labelled = (rank: number) =>
    texts.map((text) => ({ text, label: classify(text, { top: 8 }).predictions[rank]?.label as string }));

  test("counts first and first three predictions", () => {
    const first = evaluate(model, labelled(0));
    expect(first).toMatchObject({ n: 4, top1: { value: 1 }, top3: { value: 1 }, correct: [true, true, true, true] });
    expect(evaluate(model, labelled(2))).toMatchObject({ top1: { value: 0 }, top3: { value: 1 } });
    expect(evaluate(model, labelled(3))).toMatchObject({ top1: { value: 0 }, top3: { value: 0 } });
  });

  test("parts languages by what the example says, or by its text", () => {
    const examples = labelled(0).map((example, index) => (index === 0 ? { ...example, lang: "zh" as const } : example));
    const { byLanguage } = evaluate(model, examples);
    expect(byLanguage).toMatchObject({ ja: { n: 1 }, en: { n: 1 }, zh: { n: 2 } });
  });

  test("counts a label the model does not know as wrong", () => {
    expect(evaluate(model, [{ text: texts[0] as string, label: "unheard of" }]).correct).toEqual([false]);
  });

  test("measures how far confidence and accuracy lie apart", () => {
    // One example: the gap is its own confidence, or what that lacks to 1.
    const [right] = labelled(0);
    const [wrong] = labelled(1);
    const { confidence } = classify(texts[0] as string, { top: 1 });
    expect(evaluate(model, [right as { text: string; label: string }]).ece).toBeCloseTo(1 - confidence, 10);
    expect(evaluate(model, [wrong as { text: string; label: string }]).ece).toBeCloseTo(confidence, 10);
  });

  test("reports operations by nearest rank", () => {
    const each = texts.map((text) => classify(text, { top: 3 }).operations).sort((a, b) => a - b);
    expect(evaluate(model, labelled(0)).operations).toEqual({ p50: each[1], p99: each[3], max: each[3] });
  });

  test("takes a model's bytes as well", () => {
    const { microsPerQuery: _, ...bytes } = evaluate(encodeModel(model), labelled(0));
    const { microsPerQuery: __, ...plain } = evaluate(model, labelled(0));
    expect(bytes).toEqual(plain);
  });

  test("refuses to measure on nothing", () => {
    expect(() => evaluate(model, [])).toThrow(InputError);
  });
});
