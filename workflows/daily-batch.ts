import type { Config } from "#contracts/config.ts";
import type { RunInput, RunOutcome, StageResult } from "#contracts/run.ts";
import type { Dag, Known } from "./dag.ts";
import { parseRunInput } from "./run-input.ts";
import { runDag } from "./runner.ts";

const count = (inputs: Record<string, StageResult>, role: string, metric: string): string =>
  Number(inputs[role]?.metrics[metric] ?? 0).toLocaleString("en-US");

/**
 * Why a light adjustment is not worth it: a model stands that learnt the same authored data, and the day brought less feedback than
 * the specification asks for (7.2 `data_required`).
 */
function tooLittle({ inputs, results, settings }: Known): string | undefined {
  const { data_required } = settings.daily as Config["daily"];
  const events = Number(results.get("01:collect")?.metrics.events ?? 0);
  if (!inputs.parent || events >= data_required) return undefined;
  return `not trained: ${events.toLocaleString("en-US")} pieces of feedback on the day, fewer than daily.data_required ${data_required}; the current model stays`;
}

/** The seven stages of the daily batch (specification 1.2.2). Planned durations are config (`daily.stages`). */
export const dailyDag: Dag = {
  name: "dailyBatch",
  stages: [
    {
      name: "01:collect",
      activity: "collect",
      queue: "pipeline",
      retry: "reach",
      inputs: { erasures: "source:erasures" },
      reads: ["date"],
      settings: ["timezone", "preprocess"],
      produces: "window",
      heartbeatSeconds: 30,
      keep: "closed-day",
      summary: () => "collect: the day's events from the edge's log",
    },
    {
      name: "02:preprocess",
      activity: "preprocess",
      queue: "pipeline",
      retry: "work",
      inputs: { window: "01:collect", authored: "source:authored", keywords: "source:keywords" },
      reads: [],
      settings: ["preprocess", "dictionary", "teacher"],
      produces: "dataset",
      // It holds the worker's thread while it makes the dictionary, as scoring and compressing do.
      heartbeatSeconds: 120,
      keep: "always",
      summary: (inputs) => `preprocess: ${count(inputs, "window", "window_events")} events`,
    },
    {
      name: "03:train",
      activity: "train",
      queue: "compute",
      retry: "work",
      inputs: { dataset: "02:preprocess", unjudged: "02:preprocess#unjudged", parent: "source:parent" },
      reads: ["seed"],
      settings: ["training", "teacher", "learning"],
      produces: "model",
      heartbeatSeconds: 15,
      keep: "always",
      unless: tooLittle,
      summary: (inputs) => `train: ${count(inputs, "dataset", "train")} examples`,
    },
    {
      name: "04:validate",
      activity: "validate",
      queue: "pipeline",
      retry: "work",
      inputs: { model: "03:train", dataset: "02:preprocess", current: "source:current" },
      reads: [],
      settings: [],
      produces: "evaluation",
      heartbeatSeconds: 30,
      keep: "always",
      summary: (inputs) => `validate: ${count(inputs, "dataset", "test")} test queries`,
    },
    {
      name: "05:compress",
      activity: "compress",
      queue: "pipeline",
      retry: "work",
      inputs: { model: "03:train", dataset: "02:preprocess" },
      reads: ["seed"],
      settings: ["training", "compression"],
      produces: "model",
      heartbeatSeconds: 30,
      keep: "always",
      summary: (inputs) => `compress: ${count(inputs, "model", "bytes")} bytes`,
    },
    {
      name: "06:deploy",
      activity: "deploy",
      queue: "pipeline",
      retry: "work",
      inputs: {
        model: "05:compress",
        original: "03:train",
        evaluation: "04:validate",
        dataset: "02:preprocess",
        window: "01:collect",
        current: "source:current",
      },
      reads: ["date"],
      settings: ["deploy", "compression", "release", "preprocess"],
      produces: "decision",
      heartbeatSeconds: 30,
      keep: "always",
      summary: () => "deploy: decide whether the compressed model may be released",
    },
    {
      name: "07:distribute",
      activity: "distribute",
      queue: "pipeline",
      retry: "reach",
      inputs: {
        model: "05:compress",
        decision: "06:deploy",
        readings: "source:readings",
        dictionary: "02:preprocess#dictionary",
        window: "01:collect",
        authored: "source:authored",
      },
      reads: ["release"],
      settings: ["distribute", "warm", "dictionary", "preprocess"],
      produces: "release",
      heartbeatSeconds: 30,
      keep: "always",
      // Without a new model it refreshes the answers that are computed beforehand.
      optional: ["model", "decision"],
      summary: (inputs) =>
        `distribute: ${inputs.decision ? (inputs.decision.verdict?.action ?? "undecided") : "refresh warmed answers"}`,
    },
  ],
};

/** Learns from one day's events and releases what is better: collect, preprocess, train, validate, compress, decide, distribute. */
export const dailyBatch = (run: RunInput): Promise<RunOutcome> => runDag(dailyDag, parseRunInput(run));
