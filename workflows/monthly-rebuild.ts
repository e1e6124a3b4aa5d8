import type { RunInput, RunOutcome } from "#contracts/run.ts";
import { type Dag, fromNothing, type Stage } from "./dag.ts";
import { dailyDag } from "./daily-batch.ts";
import { parseRunInput } from "./run-input.ts";
import { runDag } from "./runner.ts";

/** Words by how they were used; the rebuilt dictionary or, where it is refused, the one that serves (specification 3.1). */
const dictionary: Stage = {
  name: "02:dictionary",
  activity: "rebuild",
  queue: "pipeline",
  retry: "work",
  inputs: {
    window: "01:collect",
    dataset: "02:preprocess",
    made: "02:preprocess#dictionary",
    keywords: "source:keywords",
    served: "source:dictionary",
  },
  reads: ["date"],
  settings: ["timezone", "preprocess", "dictionary"],
  produces: "dictionary",
  heartbeatSeconds: 120,
  keep: "always",
  summary: () => "dictionary: which words are kept, added, removed",
};

/** The vectors on their principal axes (3.2). */
const vectors: Stage = {
  name: "05:vectors",
  activity: "vectors",
  queue: "pipeline",
  retry: "work",
  inputs: { model: "03:train", dataset: "02:preprocess" },
  reads: [],
  settings: ["training"],
  produces: "report",
  heartbeatSeconds: 120,
  keep: "always",
  summary: () => "vectors: principal axes, optimal dimension, size",
};

/** What grew, what is slow, what is unused (2.1 "review the architecture"). */
const review: Stage = {
  name: "08:review",
  activity: "review",
  queue: "pipeline",
  retry: "work",
  inputs: {
    dictionary: "02:dictionary",
    vectors: "05:vectors",
    released: "07:distribute",
    window: "01:collect",
  },
  reads: ["date"],
  settings: ["timezone"],
  produces: "report",
  heartbeatSeconds: 30,
  // It looks at what lies in the stores on that day.
  keep: "never",
  summary: () => "review: what grew, what is slow, what is unused",
};

const [collect, preprocess, ...later] = fromNothing(dailyDag.stages) as [Stage, Stage, ...Stage[]];

/** The rebuild (specification 2.1, 3): dictionary, model and vectors from all data there are; released with the rebuilt dictionary. */
export const monthlyDag: Dag = {
  name: "monthlyRebuild",
  stages: [
    collect,
    preprocess,
    dictionary,
    ...later.map((stage) =>
      stage.name === "07:distribute" ? { ...stage, inputs: { ...stage.inputs, dictionary: dictionary.name } } : stage,
    ),
    vectors,
    review,
  ],
};

/** Rebuilds dictionary and vectors, trains anew from all data, and looks over the whole. */
export const monthlyRebuild = (run: RunInput): Promise<RunOutcome> => runDag(monthlyDag, parseRunInput(run));
