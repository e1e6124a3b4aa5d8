import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { fromArrow } from "#datasets/arrow.ts";
import { trainInThread } from "#training/run.ts";
import type { Dependencies } from "./dependencies.ts";
import type { StageContext, StageWork } from "./stage.ts";

const Asked = z.object({ seed: z.number().int() });
const Settings = z.object({ training: Config.shape.training });

/**
 * `03:train`: fits a model on the frozen data set, in a thread of its own so that heartbeats go on. After each epoch the state is
 * kept under the stage's key: whatever attempt comes next, in whichever worker, goes on from there.
 */
export const train =
  ({ checkpoints }: Pick<Dependencies, "checkpoints">) =>
  async ({ call, input, signal, report }: StageContext): Promise<StageWork> => {
    const { seed } = Asked.parse(call.asked);
    const { training } = Settings.parse(call.settings);
    const { examples, classes } = fromArrow(await input("dataset"));
    const checkpoint = await checkpoints.read(call.key);
    const { model, report: figures } = await trainInThread(
      {
        examples: examples.filter(({ split }) => split === "train"),
        dev: examples.filter(({ split }) => split === "dev"),
        classes,
        options: training,
        seed,
        rung: training.rung,
        ...(training.maxBytes > 0 ? { maxBytes: training.maxBytes } : {}),
        ...(checkpoint ? { checkpoint } : {}),
      },
      {
        signal,
        onProgress: report,
        onCheckpoint: (bytes) => checkpoints.write(call.key, bytes),
      },
    );
    return {
      kind: "model",
      bytes: model,
      metrics: {
        bytes: model.byteLength,
        rung: "float32",
        backend: figures.backend,
        dimension: figures.dimension,
        features: figures.features,
        variance_explained: figures.varianceExplained,
      },
      timings: { seconds: figures.seconds, resumed_epochs: figures.resumedEpochs },
      summary: `${figures.features.toLocaleString("en-US")} features in ${figures.dimension} dimensions, ${(model.byteLength / 1e6).toFixed(1)} MB${figures.resumedEpochs > 0 ? `, resumed after epoch ${figures.resumedEpochs}` : ""}`,
      tidy: () => checkpoints.remove(call.key),
    };
  };
