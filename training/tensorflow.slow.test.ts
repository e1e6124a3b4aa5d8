import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { TrainingConfig } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import { evaluate } from "./evaluate.ts";
import { readTsv } from "./examples.ts";
import { loadTensorflowTrainer } from "./fit-tensorflow.ts";
import type { LabelledText } from "./problem.ts";
import { createRandom } from "./random.ts";
import { trainInThread } from "./run.ts";
import { loadTrainer } from "./trainer.ts";

const native = await loadTensorflowTrainer();
const ABSENT = "@tensorflow/tfjs-node cannot be loaded: `npm run tensorflow` makes it so";
if (!native) console.warn(`${ABSENT}; its tests are left out`);

const SEED = 384;
const optionsFor = (backend: TrainingConfig["backend"]) =>
  TrainingConfig.parse({ backend, epochs: 10, learningRate: 0.1, dropout: 0.5 });

/** Both backends on the same examples, each as the training worker runs it. */
async function compare(examples: readonly LabelledText[], held: readonly LabelledText[]) {
  const js = await trainInThread({ examples, options: optionsFor("js"), seed: SEED });
  const tensorflow = await trainInThread({ examples, options: optionsFor("tfjs-node"), seed: SEED });
  expect([js.report.backend, tensorflow.report.backend]).toEqual(["js", "tfjs-node"]);
  const top1 = { js: evaluate(js.model, held).top1.value, tensorflow: evaluate(tensorflow.model, held).top1.value };
  const seconds = { js: js.report.seconds, tensorflow: tensorflow.report.seconds };
  console.log(`top-1 of ${held.length}: ${JSON.stringify(top1)}, seconds: ${JSON.stringify(seconds)}`);
  return top1;
}

/** Texts of 12 invented words, of which each comes from the class's own 10 words with chance 0.25, else from 200 that all share. */
function synthetic(classes: number, perClass: number, part: number): LabelledText[] {
  const words = createRandom(SEED, 0);
  const word = () => Array.from({ length: 6 }, () => String.fromCharCode(97 + Math.floor(words.next() * 26))).join("");
  const shared = Array.from({ length: 200 }, word);
  const own = Array.from({ length: classes }, () => Array.from({ length: 10 }, word));
  const random = createRandom(SEED, part);
  const pick = (from: readonly string[]) => from[Math.floor(random.next() * from.length)] as string;
  return own.flatMap((vocabulary, label) =>
    Array.from({ length: perClass }, () => ({
      label: `class-${label}`,
      text: Array.from({ length: 12 }, () => pick(random.next() < 0.25 ? vocabulary : shared)).join(" "),
    })),
  );
}

const clinc = join(process.env["HAQEI_BENCH_DATA"] ?? join(import.meta.dirname, "../../shared/data"), "clinc150");
/** The examples of CLINC150's first 40 intents. */
function clincPart(split: string): LabelledText[] {
  const all = readTsv(readFileSync(join(clinc, `${split}.tsv`), "utf8"));
  const intents = new Set([...new Set(all.map(({ label }) => label))].sort().slice(0, 40));
  return all.filter(({ label }) => intents.has(label));
}

describe("TensorFlow trains as well as typed arrays, within 2 points", () => {
  test("on invented texts", async ({ skip }) => {
    skip(!native, ABSENT);
    const { js, tensorflow } = await compare(synthetic(20, 60, 1), synthetic(20, 40, 2));
    expect(js).toBeGreaterThan(0.8);
    expect(Math.abs(tensorflow - js)).toBeLessThanOrEqual(0.02);
  });

  test("on CLINC150", async ({ skip }) => {
    skip(!native, ABSENT);
    skip(!existsSync(clinc), `${clinc} is not there: set HAQEI_BENCH_DATA`);
    const { js, tensorflow } = await compare(clincPart("train"), clincPart("test"));
    expect(js).toBeGreaterThan(0.9);
    expect(Math.abs(tensorflow - js)).toBeLessThanOrEqual(0.02);
  });
});

test("the same seed gives the same bytes, in threads side by side too", async ({ skip }) => {
  skip(!native, ABSENT);
  const input = { examples: synthetic(8, 20, 1), options: optionsFor("tfjs-node"), seed: SEED };
  const alone = await trainInThread(input);
  const together = await Promise.all([trainInThread(input), trainInThread(input)]);
  for (const { model } of together) expect(Buffer.from(model).equals(alone.model)).toBe(true);
});

test("auto picks TensorFlow where it is", async ({ skip }) => {
  skip(!native, ABSENT);
  expect((await loadTrainer("auto")).backend).toBe("tfjs-node");
  expect((await loadTrainer("js")).backend).toBe("js");
});

describe("without TensorFlow", () => {
  afterEach(() => {
    vi.doUnmock("./fit-tensorflow.ts");
  });

  test("auto takes typed arrays, and tfjs-node says what to do", async () => {
    vi.doMock("./fit-tensorflow.ts", () => ({ loadTensorflowTrainer: async () => undefined }));
    expect((await loadTrainer("auto")).backend).toBe("js");
    const refusal = await loadTrainer("tfjs-node").catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(InputError);
    expect((refusal as InputError).hint).toContain("npm run tensorflow");
  });
});
