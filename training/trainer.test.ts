import { describe, expect, test } from "vitest";
import { TrainingConfig } from "#contracts/config.ts";
import { evaluate } from "./evaluate.ts";
import { loadTensorflowTrainer } from "./fit-tensorflow.ts";
import { tinyDev, tinyExamples } from "./test-support/tiny.ts";
import { train } from "./train.ts";
import { loadTrainer } from "./trainer.ts";

const native = await loadTensorflowTrainer();
const options = TrainingConfig.parse({ epochs: 5, max_dimension: 6, backend: "tfjs-node" });

describe("loadTrainer", () => {
  test("takes typed arrays, or what is there", async () => {
    expect((await loadTrainer("js")).backend).toBe("js");
    expect((await loadTrainer("auto")).backend).toBe(native ? "tfjs-node" : "js");
  });

  test.skipIf(native)("says what to do where TensorFlow is absent", async () => {
    await expect(loadTrainer("tfjs-node")).rejects.toMatchObject({
      name: "InputError",
      hint: expect.stringContaining("npm run tensorflow"),
    });
  });

  test.runIf(native)("fits with TensorFlow where it is there", async () => {
    const { model, report } = await train({ examples: tinyExamples, options, seed: 1 });
    expect(report.backend).toBe("tfjs-node");
    expect(evaluate(model, tinyDev).top1.value).toBe(1);
  });
});
