import type { StageActivities } from "#activities/index.ts";
import type { ArtefactKind } from "#contracts/reference.ts";
import type { RunInput, StageInputs, StageResult } from "#contracts/run.ts";
import type { RetryClass } from "./retry.ts";

/** The task queues: light stages and errands; training, in a process of its own; and emergencies, which wait for neither. */
export type TaskQueue = "pipeline" | "compute" | "urgent";

/** What is known when a stage's inputs are made. */
export interface Known {
  inputs: StageInputs;
  /** By stage name. */
  results: ReadonlyMap<string, StageResult>;
  /** Parts of the config, as the run was opened with. */
  settings: Record<string, unknown>;
}

/**
 * A stage as data. Its inputs, by role, are outputs of other stages, `STAGE#ROLE`, what a stage made beside its output, or
 * `source:NAME`, something the run was opened with; a source that is absent is left out. The declaration is the whole order of a run: what depends on nothing else starts at once.
 */
export interface Stage {
  name: string;
  activity: keyof StageActivities;
  queue: TaskQueue;
  retry: RetryClass;
  inputs: Record<string, string>;
  /** Parts of the run's input that the result depends on. */
  reads: (keyof RunInput)[];
  /** Parts of the config that the result depends on. */
  settings: string[];
  produces: ArtefactKind;
  /** A worker silent for this long is taken for dead. */
  heartbeatSeconds: number;
  /** False where the result depends on more than inputs, settings and code (a day not yet over, the edge). */
  keep: "always" | "closed-day" | "never";
  /**
   * Why it need not be done, where that is so: it and what depends on it are then skipped, and the run goes on. A kept result or a
   * person's wish comes first.
   */
  unless?: (known: Known) => string | undefined;
  /** Roles that it does without where their stage was not needed. */
  optional?: string[];
  /** What it is about to do, for the Temporal UI, from the results it builds on. */
  summary: (inputs: Record<string, StageResult>) => string;
}

/** A kind of run: its stages, in any order that names inputs after they are made. */
export interface Dag {
  name: string;
  stages: readonly Stage[];
}

const SOURCE = "source:";

/** The name of a run's source, or undefined where the input is another stage's output. */
export const sourceOf = (input: string): string | undefined =>
  input.startsWith(SOURCE) ? input.slice(SOURCE.length) : undefined;

/** The stage that an input is made by, and its role where it is not the stage's output. */
export function madeBy(input: string): { stage: string; role: string | undefined } {
  const [stage = "", role] = input.split("#");
  return { stage, role };
}

/** The stages that a stage's inputs come from. */
export const upstreamOf = (stage: Stage): string[] =>
  Object.values(stage.inputs).flatMap((input) => (sourceOf(input) === undefined ? [madeBy(input).stage] : []));

/** A stage by its name, with or without its number (`03:train`, `train`). */
export const findStage = (dag: Dag, name: string): Stage | undefined =>
  dag.stages.find((stage) => stage.name === name || stage.name.replace(/^\d+:/, "") === name);

/** A stage's name and all that depend on it, directly or not, in declared order. */
export function downstreamOf(dag: Dag, name: string): string[] {
  const reached = new Set([name]);
  for (const stage of dag.stages) if (upstreamOf(stage).some((input) => reached.has(input))) reached.add(stage.name);
  return dag.stages.filter((stage) => reached.has(stage.name)).map((stage) => stage.name);
}

/** The same stages with no model to go on from, so that they are always needed. */
export const fromNothing = (stages: readonly Stage[]): Stage[] =>
  stages.map(({ unless: _needed, optional: _all, inputs: { parent: _parent, ...inputs }, ...stage }) => ({
    ...stage,
    inputs,
  }));

/** The same stages on one queue. */
export const onQueue = (stages: readonly Stage[], queue: TaskQueue): Stage[] =>
  stages.map((stage) => ({ ...stage, queue }));

/** What is wrong with a declaration, in words; empty where nothing is. */
export function faultsOf(dag: Dag): string[] {
  const faults: string[] = [];
  const made = new Set<string>();
  for (const stage of dag.stages) {
    if (made.has(stage.name)) faults.push(`${stage.name} is declared twice`);
    for (const input of upstreamOf(stage))
      if (!made.has(input)) faults.push(`${stage.name} needs ${input}, which no earlier stage makes`);
    made.add(stage.name);
  }
  return faults;
}
