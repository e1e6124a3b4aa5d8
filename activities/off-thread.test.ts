import { expect, test } from "vitest";
import { Config } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import type { Example } from "#contracts/example.ts";
import type { StageCall } from "#contracts/run.ts";
import { toArrow } from "#datasets/arrow.ts";
import { decodeModel } from "#model/codec.ts";
import { tinyDev, tinyExamples } from "#training/test-support/tiny.ts";
import { train } from "#training/train.ts";
import { offThread } from "./off-thread.ts";
import type { StageContext } from "./stage.ts";
import { validate } from "./validate.ts";

const { training } = Config.parse({ training: { epochs: 5, max_dimension: 6 } });
const { model } = await train({ examples: tinyExamples, options: training, seed: 7 });
const examples = tinyDev.map(
  ({ text, label }): Example => ({
    id: text,
    label,
    text,
    lang: "und",
    split: "test",
    weight: 1,
    source: "authored",
    family: text,
    acceptable: [],
  }),
);
const inputs: Record<string, Uint8Array> = {
  model,
  dataset: toArrow({ examples, classes: decodeModel(model).classes.slice() }),
};

function context(signal = new AbortController().signal): StageContext {
  const call = { stage: "04:validate", inputs: { model: { sha256: "abc" }, dataset: {} } } as unknown as StageCall;
  const input = (role: string) => Promise.resolve(inputs[role] as Uint8Array);
  return { call, signal, report: () => undefined, input };
}

test("a stage's work in a thread comes to what it comes to without one", async () => {
  expect(await offThread("validate")(context())).toEqual(await validate()(context()));
});

test("its errors are those of the work, and a cancelled stage ends with the signal's reason", async () => {
  const input = async (role: string) => (role === "model" ? new Uint8Array(100) : (inputs[role] as Uint8Array));
  await expect(offThread("validate")({ ...context(), input })).rejects.toBeInstanceOf(InputError);
  const abort = new AbortController();
  const running = offThread("validate")(context(abort.signal));
  const reason = new Error("cancelled by the test");
  abort.abort(reason);
  await expect(running).rejects.toBe(reason);
});
