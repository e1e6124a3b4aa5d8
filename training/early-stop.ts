import { logitsOf } from "./calibrate.ts";
import type { Weights } from "./initialise.ts";
import type { Problem } from "./problem.ts";

/** The weights of a run that answered most held-out examples right, after how many epochs, and how many those were. */
export interface Best {
  readonly epoch: number;
  readonly right: number;
  readonly weights: Weights;
}

/** How many examples the weights answer right; of equal scores the first class counts. */
export function countRight(weights: Weights, heldOut: Problem): number {
  const { size, classes, targets } = heldOut;
  const logits = logitsOf(weights, heldOut);
  let right = 0;
  for (let example = 0; example < size; example += 1) {
    const row = logits.subarray(example * classes, (example + 1) * classes);
    if (row.indexOf(row.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY)) === targets[example])
      right += 1;
  }
  return right;
}
