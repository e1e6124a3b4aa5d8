import type { RunInput, RunOutcome } from "#contracts/run.ts";
import { type Dag, onQueue } from "./dag.ts";
import { dailyDag } from "./daily-batch.ts";
import { parseRunInput } from "./run-input.ts";
import { runDag } from "./runner.ts";

/**
 * The retrain between (specification 7.2 `immediate`): the daily stages from the current model on, however little was learnt, on a queue and a
 * worker of their own: whoever trains for hours does not keep it waiting.
 */
export const emergencyDag: Dag = {
  name: "emergencyRetrain",
  stages: onQueue(dailyDag.stages, "urgent").map(({ unless: _always, optional: _all, ...stage }) =>
    stage.name === "07:distribute" ? { ...stage, reads: [...stage.reads, "kind"] } : stage,
  ),
};

/** Trains on from the current model, judges the result and offers it to the rollout within `emergency.minutes`. */
export const emergencyRetrain = (run: RunInput): Promise<RunOutcome> => runDag(emergencyDag, parseRunInput(run));
