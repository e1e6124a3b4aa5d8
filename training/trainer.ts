import type { TrainingConfig } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import { jsTrainer } from "./fit-js.ts";
import type { Weights } from "./initialise.ts";
import type { Problem } from "./problem.ts";
import type { Random } from "./random.ts";

/** One pass over the examples. */
export interface Epoch {
  /** Learning rate of the first step and the one it falls to, linearly. */
  readonly rateFrom: number;
  readonly rateTo: number;
  readonly dropout: number;
  readonly labelSmoothing: number;
  readonly random: Random;
}

/** What a backend has to do: move `weights`, in place, by one epoch, and return the mean loss (cross-entropy, nats). */
export interface Trainer {
  readonly backend: "js" | "tfjs-node";
  fitEpoch(weights: Weights, problem: Problem, epoch: Epoch): Promise<number>;
}

/**
 * The trainer for a configured backend. `auto` takes TensorFlow where it can be loaded, else typed arrays: those need nothing
 * native, are as accurate and take half the time, so that they are the default. Throws InputError where `tfjs-node` is asked for
 * and cannot be loaded.
 */
export async function loadTrainer(backend: TrainingConfig["backend"]): Promise<Trainer> {
  if (backend === "js") return jsTrainer;
  const { loadTensorflowTrainer } = await import("./fit-tensorflow.ts");
  const trainer = await loadTensorflowTrainer();
  if (trainer) return trainer;
  if (backend === "auto") return jsTrainer;
  throw new InputError(
    "the backend tfjs-node was asked for, but @tensorflow/tfjs-node cannot be loaded",
    "Install it with `npm run tensorflow`, or take the backend js.",
  );
}
