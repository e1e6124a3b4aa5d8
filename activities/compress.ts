import { fromArrow } from "#datasets/arrow.ts";
import { toFloat16 } from "#training/compress.ts";
import { scoreModel, testQueries } from "./scoring.ts";
import type { StageContext, StageWork } from "./stage.ts";

/** `05:compress`: rung float16 (specification 6.2, stage 1), with what it cost measured on the same test queries. */
export const compress =
  () =>
  async ({ input }: StageContext): Promise<StageWork> => {
    const original = await input("model");
    const model = toFloat16(original);
    const queries = testQueries(fromArrow(await input("dataset")).examples);
    const before = scoreModel(original, "", queries).score.top1.value;
    const after = scoreModel(model, "", queries).score.top1.value;
    return {
      kind: "model",
      bytes: model,
      metrics: {
        rung: "float16",
        bytes: model.byteLength,
        original_bytes: original.byteLength,
        compression_ratio: original.byteLength / model.byteLength,
        accuracy_loss: before - after,
      },
      summary: `float16, ${(model.byteLength / 1e6).toFixed(1)} MB of ${(original.byteLength / 1e6).toFixed(1)} MB, top-1 ${after.toFixed(3)} of ${before.toFixed(3)}`,
    };
  };
