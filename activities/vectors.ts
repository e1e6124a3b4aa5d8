import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { fromArrow } from "#datasets/arrow.ts";
import { decodeModel } from "#model/codec.ts";
import { reviewVectors } from "#training/axes.ts";
import { jsonBytes, type StageContext, type StageWork } from "./stage.ts";

const Settings = z.object({ training: Config.shape.training });

/** `05:vectors`: the trained vectors on their principal axes, by the specification's names (3.2). */
export const vectors =
  () =>
  async ({ call, input }: StageContext): Promise<StageWork> => {
    const { training } = Settings.parse(call.settings);
    const { examples } = fromArrow(await input("dataset"));
    const report = reviewVectors(
      decodeModel(await input("model")),
      examples.filter(({ split }) => split === "train"),
      training,
    );
    const { original_dim, optimal_dim, size_mb, variance_retained } = report;
    return {
      kind: "report",
      bytes: jsonBytes({ schema: 1, ...report }),
      metrics: { ...report },
      summary: `${optimal_dim} of ${original_dim} dimensions hold ${variance_retained.toFixed(3)} of the variance, ${size_mb.toFixed(2)} MB as float16 with gzip`,
    };
  };
