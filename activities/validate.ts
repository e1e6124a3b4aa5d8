import type { Validation } from "#contracts/evaluation.ts";
import { fromArrow } from "#datasets/arrow.ts";
import { pairsOf } from "#policy/pairs.ts";
import { scoreMetrics, scoreModel, testQueries, topOne } from "./scoring.ts";
import { jsonBytes, type StageContext, type StageWork } from "./stage.ts";

/** `04:validate`: the trained model on the frozen test queries, and pair by pair against the model that serves now. */
export const validate =
  () =>
  async ({ call, input }: StageContext): Promise<StageWork> => {
    const queries = testQueries(fromArrow(await input("dataset")).examples);
    const candidate = scoreModel(await input("model"), call.inputs.model?.sha256 ?? "", queries);
    const validation: Validation = { schema: 1, split: "test", candidate: candidate.score };
    let against = "";
    if (call.inputs.current) {
      const current = scoreModel(await input("current"), call.inputs.current.sha256, queries);
      validation.current = current.score;
      validation.pairs = pairsOf(candidate.correct, current.correct);
      against = `; current ${current.score.top1.value.toFixed(3)}`;
    }
    return {
      kind: "evaluation",
      bytes: jsonBytes(validation),
      metrics: scoreMetrics(candidate.score),
      summary: topOne(candidate.score) + against,
    };
  };
