import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { ConflictError } from "#contracts/errors.ts";
import { Validation } from "#contracts/evaluation.ts";
import type { Experiment } from "#contracts/experiment.ts";
import { LogicalDate } from "#contracts/run.ts";
import { Verdict } from "#contracts/verdict.ts";
import { assessWeek, nextExperiment } from "#policy/weekly.ts";
import { putExperiment, readExperiments } from "#stores/experiments.ts";
import type { Registry } from "#stores/registry.ts";
import type { Dependencies } from "./dependencies.ts";
import { jsonBytes, jsonOf, type StageContext, type StageWork } from "./stage.ts";
import { windowOf } from "./window.ts";

const Asked = z.object({ date: LogicalDate, release: z.boolean() });
const Settings = z.object({ weekly: Config.shape.weekly, accuracy: Config.shape.accuracy });
const Decision = z.object({ verdict: Verdict });

/**
 * `08:assess`: how accurate the week's full retrain is, how far the daily chain of light adjustments has drifted from it, query by query,
 * whether there was data enough for a full retrain, and the experiment of the two for next week, which a person starts.
 */
export const assess =
  ({ registry }: Pick<Dependencies, "registry">) =>
  async ({ call, input }: StageContext): Promise<StageWork> => {
    const { date, release } = Asked.parse(call.asked);
    const { weekly, accuracy } = Settings.parse(call.settings);
    const { candidate } = Validation.parse(jsonOf(await input("evaluation")));
    const { verdict } = Decision.parse(jsonOf(await input("decision")));
    const window = windowOf(await input("window"));
    const { model, current } = call.inputs;
    const assessed = assessWeek(
      {
        items: window.days.reduce((sum, { events }) => sum + events, 0),
        evidence: verdict.evidence,
        gradedTop3: candidate.graded_top3.value,
      },
      { ...weekly, target: accuracy.target },
    );
    const isNew = model !== undefined && current !== undefined && model.sha256 !== current.sha256;
    const experiment =
      release && isNew && verdict.action === "promote"
        ? await setUp(registry, nextExperiment(date, current.sha256, model.sha256))
        : undefined;
    return {
      kind: "report",
      bytes: jsonBytes({ schema: 1, date, ...assessed, accuracy: candidate, experiment: experiment ?? null }),
      metrics: { ...assessed.metrics, ...(experiment ? { experiment } : {}) },
      summary: `${assessed.summary}${experiment ? `; experiment ${experiment} is set up: haqei experiment start ${experiment}` : ""}`,
    };
  };

/**
 * Puts next week's experiment in the place of those of earlier weeks that nobody started. A week that is run again has it anew, with the
 * models of that run, unless a person started it meanwhile. Answers its name.
 */
async function setUp(registry: Registry, plan: Experiment["plan"]): Promise<string> {
  const before = await readExperiments(registry);
  if (before.some((one) => one.plan.name === plan.name && one.state !== "created")) return plan.name;
  try {
    for (const left of before)
      if (left.state === "created" && left.plan.name.startsWith("weekly-") && left.plan.name !== plan.name)
        await putExperiment(registry, {
          ...left,
          state: "stopped",
          reason: `never started; ${plan.name} took its place`,
        });
    await putExperiment(registry, { plan, state: "created" });
  } catch (error) {
    // A person was faster: theirs stands, and the next attempt reads it.
    if (!(error instanceof ConflictError)) throw error;
    return setUp(registry, plan);
  }
  return plan.name;
}
