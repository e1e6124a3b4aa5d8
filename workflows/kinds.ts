import type { RunKind } from "#contracts/run.ts";
import type { Dag, TaskQueue } from "./dag.ts";
import { dailyDag } from "./daily-batch.ts";
import { emergencyDag } from "./emergency-retrain.ts";
import { monthlyDag } from "./monthly-rebuild.ts";
import { weeklyDag } from "./weekly-retrain.ts";

/** Every kind of run as it is declared. A declaration's name is its workflow type. */
export const DAGS: Readonly<Record<RunKind, Dag>> = {
  daily: dailyDag,
  weekly: weeklyDag,
  monthly: monthlyDag,
  emergency: emergencyDag,
};

/** The queue on which a kind of run itself, its errands and its light stages are done. */
export const queueOf = (kind: RunKind): TaskQueue => (kind === "emergency" ? "urgent" : "pipeline");
