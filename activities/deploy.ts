import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { Validation } from "#contracts/evaluation.ts";
import { fromArrow } from "#datasets/arrow.ts";
import { judgeCompression } from "#policy/compression-gate.ts";
import { decideRelease } from "#policy/release-decision.ts";
import { digestOf } from "#stores/digest.ts";
import type { Dependencies } from "./dependencies.ts";
import { pairsOf, testQueries } from "./scoring.ts";
import { jsonBytes, jsonOf, type StageContext, type StageWork } from "./stage.ts";

const Settings = z.object({ deploy: Config.shape.deploy, compression: Config.shape.compression });

/**
 * `06:deploy`: whether the model may be released, compressed as it would be shipped and measured in the runtime that would serve
 * it; a verdict with every number it rests on.
 */
export const deploy =
  ({ measureAsServed }: Pick<Dependencies, "measureAsServed">) =>
  async ({ call, input, signal }: StageContext): Promise<StageWork> => {
    const { deploy, compression } = Settings.parse(call.settings);
    const limits = { ...deploy, accuracy_impact: compression.accuracy_impact };
    const validation = Validation.parse(jsonOf(await input("evaluation")));
    const { examples, classes } = fromArrow(await input("dataset"));
    const queries = testQueries(examples);
    const { model, current } = call.inputs;
    const measured = await measureAsServed(
      {
        model: await input("model"),
        original: await input("original"),
        ...(current ? { current: await input("current") } : {}),
        queries,
      },
      signal,
    );
    const verdict = decideRelease(
      {
        trained: { n: validation.candidate.n, ...validation.candidate.top1 },
        shipped: { n: measured.model.n, ...measured.model.top1 },
        classes: classes.length,
        compression: judgeCompression(measured.compression, compression),
        against: measured.current && pairsOf(measured.model.correct, measured.current.correct),
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
