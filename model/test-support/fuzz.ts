import fc from "fast-check";
import { expect } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { decodeModel, encodeModel } from "../codec.ts";
import { goldenRungs } from "../golden.ts";
import { type Model, RUNGS } from "../model.ts";
import { createClassifier } from "../score.ts";
import { withKernel } from "./kernel.ts";
import { damaged } from "./mutate.ts";

const TEXTS = ["転職するか迷っている", "should i quit my job or wait", "她不知道该不该搬家"];

/** What bytes come to: the same model and its answers, or the error that names what is wrong. Any other error is thrown. */
function reading(bytes: Uint8Array): { answers: unknown; model: Model } | { refused: true } {
  let model: Model;
  try {
    model = decodeModel(bytes);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).toMatch(/^not a (usable model|model file): ./);
    return { refused: true };
  }
  const { classify } = createClassifier(model);
  return { answers: TEXTS.map((text) => classify(text, { top: 3 })), model };
}

/**
 * Reads `runs` damaged copies of models on all rungs. Each is refused by name, or gives the answers of the whole file; where
 * somebody made its checksum anew, it may be another model, but one that can be read and asked. With the kernel it is the same.
 */
export function fuzzModels(runs: number): void {
  const wholes = RUNGS.map((rung) => encodeModel(goldenRungs()[rung]));
  const whole = wholes.map(reading);
  const cases = fc
    .nat(RUNGS.length - 1)
    .chain((at) => damaged(wholes[at] as Uint8Array).map((one) => ({ at, ...one })));
  fc.assert(
    fc.property(cases, ({ at, bytes, resealed }) => {
      const plain = reading(bytes);
      if (!resealed && !("refused" in plain)) expect(plain).toEqual(whole[at]);
      expect(withKernel(() => reading(bytes))).toEqual(plain);
    }),
    { numRuns: runs },
  );
}
