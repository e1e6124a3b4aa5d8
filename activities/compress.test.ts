import { beforeAll, describe, expect, test } from "vitest";
import { Config } from "#contracts/config.ts";
import type { Example } from "#contracts/example.ts";
import type { StageCall } from "#contracts/run.ts";
import { toArrow } from "#datasets/arrow.ts";
import { decodeModel } from "#model/codec.ts";
import { tinyDev, tinyExamples } from "#training/test-support/tiny.ts";
import { train } from "#training/train.ts";
import { compress } from "./compress.ts";
import type { StageWork } from "./stage.ts";

const example = (text: string, label: string, split: Example["split"]): Example => ({
  id: text,
  label,
  text,
  lang: "und",
  split,
  weight: 1,
  source: "authored",
  family: text,
  acceptable: [],
});
let inputs: Record<string, Uint8Array>;

beforeAll(async () => {
  const { training } = Config.parse({ training: { epochs: 20, max_dimension: 6, dropout: 0.2, learningRate: 0.3 } });
  const { model } = await train({ examples: tinyExamples, options: training, seed: 7 });
  const examples = [
    ...tinyExamples.map(({ text, label }) => example(text, label, "train")),
    ...tinyDev.map(({ text, label }) => example(text, label, "test")),
  ];
  inputs = { model, dataset: toArrow({ examples, classes: decodeModel(model).classes.slice() }) };
});

/** The stage's work with these settings of compression. */
function run(compression: unknown): Promise<StageWork> {
  const { training, compression: parsed } = Config.parse({ compression });
  const call = { settings: { training, compression: parsed } } as unknown as StageCall;
  return compress()({
    call,
    signal: new AbortController().signal,
    report: () => undefined,
    input: (role) => Promise.resolve(inputs[role] as Uint8Array),
  });
}

describe("05:compress", () => {
  test("hands on the configured rung where the gate passes it, and reports every rung", async () => {
    const { bytes, metrics, summary } = await run({});
    expect(decodeModel(bytes).rung).toBe("coded");
    expect(metrics).toMatchObject({
      rung: "coded",
      bytes: bytes.length,
      gate_passed: true,
      gate_failed: "",
      accuracy_loss: 0,
    });
    const sizes = ["original_bytes", "float16_bytes", "int8_bytes", "coded_bytes"].map((name) => Number(metrics[name]));
    expect(sizes[0]).toBe(Math.max(...sizes));
    expect(sizes[3]).toBe(Math.min(...sizes));
    expect(metrics.compression_ratio).toBeCloseTo((sizes[0] as number) / (sizes[3] as number), 12);
    for (const rung of ["float16", "int8", "coded"])
      expect(metrics).toMatchObject({ [`${rung}_top1`]: 1, [`${rung}_agreement`]: 1, [`${rung}_on_ladder`]: true });
    expect(summary).toMatch(/^coded, .* gate passed; ladder: float16 .*, int8 .*, coded /);
  });

  test("takes the next larger rung that passes where the gate refuses, and says so", async () => {
    const { bytes, metrics, summary } = await run({ vector_retention: 0.999 });
    expect(decodeModel(bytes).rung).toBe("int8");
    expect(metrics).toMatchObject({ rung: "int8", gate_passed: true, coded_gate_passed: false });
    expect(summary).toContain("coded was refused: vector_retention");
  });

  test("never takes a smaller one than configured", async () => {
    expect(decodeModel((await run({ rung: "float16" })).bytes).rung).toBe("float16");
  });

  test("hands on the configured rung, as not passed, where none passes", async () => {
    inputs.dataset = toArrow({
      examples: tinyExamples.map(({ text, label }) => example(text, label === "food" ? "money" : label, "test")),
      classes: ["food", "money", "travel", "weather"],
    });
    const { metrics, summary } = await run({
      ladder: { float16: { information_retention: 1 }, int8: { information_retention: 1 } },
      information_retention: 1,
      vector_retention: 1,
    });
    expect(metrics).toMatchObject({ rung: "coded", gate_passed: false });
    expect(summary).toContain("no rung passed: ");
  });
});
