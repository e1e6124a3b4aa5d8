import type { RunInput, RunOutcome } from "#contracts/run.ts";
import { type Dag, fromNothing } from "./dag.ts";
import { dailyDag } from "./daily-batch.ts";
import { parseRunInput } from "./run-input.ts";
import { runDag } from "./runner.ts";

/**
 * The full retrain (specification 2.1): the daily stages over all data there are, from nothing instead of from the current model, and
 * then how far the daily chain has drifted from it, and next week's experiment.
 */
export const weeklyDag: Dag = {
  name: "weeklyRetrain",
  stages: [
    ...fromNothing(dailyDag.stages),
    {
      name: "08:assess",
      activity: "assess",
      queue: "pipeline",
      retry: "work",
      inputs: {
        model: "05:compress",
        evaluation: "04:validate",
        decision: "06:deploy",
        released: "07:distribute",
        window: "01:collect",
        current: "source:current",
      },
      reads: ["date", "release"],
      settings: ["weekly", "accuracy"],
      produces: "report",
      heartbeatSeconds: 30,
      // It also sets up an experiment, which a kept result would not.
      keep: "never",
      summary: () => "assess: accuracy, drift of the daily chain, next week's experiment",
    },
  ],
};

/** Trains anew from all data, and measures what a week of light adjustments has come to. */
export const weeklyRetrain = (run: RunInput): Promise<RunOutcome> => runDag(weeklyDag, parseRunInput(run));
