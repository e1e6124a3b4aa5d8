import { beforeAll, describe, expect, test } from "vitest";
import { Config, LADDER } from "#contracts/config.ts";
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
  const call = { asked: { seed: 7 }, settings: { training, compression: parsed } } as unknown as StageCall;
  return compress()({
    call,
    signal: new AbortController().signal,
    report: () => undefined,
    input: (role) => Promise.resolve(inputs[role] as Uint8Array),
  });
}

describe("05:compress", () => {
  test("hands on the smallest rung that passes where none is shown to be more accurate, and reports every rung", async () => {
    const { bytes, metrics, summary, timings, beside = {} } = await run({});
    // So few features have a centre each: the codebook is the smallest here.
    expect(decodeModel(bytes).rung).toBe("codebook");
    expect(metrics).toMatchObject({
      rung: "codebook",
      bytes: bytes.length,
      size_kb: bytes.length / 1000,
      accuracy_retained: 1,
      gate_passed: true,
      gate_failed: "",
      accuracy_loss: 0,
      pinned: 0,
    });
    expect(metrics.compression_ratio).toBeCloseTo(Number(metrics.original_bytes) / bytes.length, 12);
    for (const rung of LADDER) {
      expect(metrics).toMatchObject({ [`${rung}_top1`]: 1, [`${rung}_agreement`]: 1, [`${rung}_on_ladder`]: true });
      expect(timings?.[`${rung}_inference_speedup`]).toBeGreaterThan(0);
    }
    expect(summary).toMatch(/^codebook, .* gate passed; ladder: float16 .*, int8 .*, codebook .*, coded /);
    expect(Object.values(beside).map((one) => decodeModel(one.bytes).rung)).toEqual(["float16", "int8", "coded"]);
    for (const { bytes: own, metrics: report } of Object.values(beside))
      expect(report).toMatchObject({ bytes: own.length, information_retention: expect.any(Number), gate_passed: true });
  });

  test("takes the next larger rung that passes where the gate refuses, and says so", async () => {
    const strict = { information_retention: 1 };
    const ladder = { codebook: strict, coded: strict };
    const { bytes, metrics, summary } = await run({ ladder, shipBytes: 3000 });
    // Rows of six numbers are smaller as halves than as bytes with a scale each.
    expect(decodeModel(bytes).rung).toBe("float16");
    expect(metrics).toMatchObject({ rung: "float16", gate_passed: true, coded_gate_passed: false });
    expect(summary).toContain("larger than 3000 bytes; codebook was refused: information_retention; coded was refused");
  });

  test("pins what the config names", async () => {
    const { bytes, metrics } = await run({ pinned: { terms: ["rain"], decisive: 2 } });
    expect(metrics.pinned).toBe(4);
    expect(decodeModel(bytes).pinned?.indices).toHaveLength(4);
  });

  test("hands on the smallest, as not passed, where none passes", async () => {
    inputs.dataset = toArrow({
      examples: tinyExamples.map(({ text, label }) => example(text, label === "food" ? "money" : label, "test")),
      classes: ["food", "money", "travel", "weather"],
    });
    const strict = { information_retention: 1 };
    const { metrics, summary } = await run({
      ladder: { float16: strict, int8: strict, codebook: strict, coded: strict },
      information_retention: 1,
      vector_retention: 1,
    });
    expect(metrics).toMatchObject({ rung: "codebook", gate_passed: false });
    expect(summary).toContain("no rung passed; ");
  });
});
