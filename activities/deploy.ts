import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { Validation } from "#contracts/evaluation.ts";
import { fromArrow } from "#datasets/arrow.ts";
import { decodeModel } from "#model/codec.ts";
import { judgeCompression } from "#policy/compression-gate.ts";
import { pairsOf } from "#policy/pairs.ts";
import { decideRelease } from "#policy/release-decision.ts";
import { digestOf } from "#stores/digest.ts";
import { measureCompression } from "#training/gate.ts";
import { scoreModel, testQueries } from "./scoring.ts";
import { jsonBytes, jsonOf, type StageContext, type StageWork } from "./stage.ts";

const Settings = z.object({ deploy: Config.shape.deploy, compression: Config.shape.compression });

/** `06:deploy`: whether the model, compressed as it would be shipped, may be released; a verdict with every number it rests on. */
export const deploy =
  () =>
  async ({ call, input }: StageContext): Promise<StageWork> => {
    const { deploy, compression } = Settings.parse(call.settings);
    const limits = { ...deploy, accuracy_impact: compression.accuracy_impact };
    const validation = Validation.parse(jsonOf(await input("evaluation")));
    const { examples, classes } = fromArrow(await input("dataset"));
    const queries = testQueries(examples);
    const { model, current } = call.inputs;
    const shippedBytes = await input("model");
    const shipped = scoreModel(shippedBytes, model?.sha256 ?? "", queries);
    const figures = measureCompression(decodeModel(await input("original")), decodeModel(shippedBytes), queries);
    const against = current
      ? pairsOf(shipped.correct, scoreModel(await input("current"), current.sha256, queries).correct)
      : undefined;
    const verdict = decideRelease(
      {
        trained: { n: validation.candidate.n, ...validation.candidate.top1 },
        shipped: { n: shipped.score.n, ...shipped.score.top1 },
        classes: classes.length,
        compression: judgeCompression(figures, compression),
        against,
        alreadyCurrent: current !== undefined && current.sha256 === model?.sha256,
      },
      limits,
      digestOf({ deploy, compression }),
    );
    return {
      kind: "decision",
      bytes: jsonBytes({ schema: 1, model: model?.sha256, verdict }),
      metrics: { action: verdict.action, reason: verdict.reason },
      summary: `${verdict.action}: ${verdict.reason}`,
      verdict,
    };
  };
