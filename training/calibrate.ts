import type { Weights } from "./initialise.ts";
import type { Problem } from "./problem.ts";

/**
 * The temperature that makes the probabilities of held-out examples most likely (Guo et al. 2017): golden-section search over
 * its logarithm, where the negative log-likelihood has one minimum. 1 where there are no examples.
 */
export function calibrate(weights: Weights, heldOut: Problem): number {
  return heldOut.size === 0 ? 1 : temperatureOf(logitsOf(weights, heldOut), heldOut);
}

/** What a temperature is fitted on: rows of logits, and the right class of each. */
type Targets = Pick<Problem, "size" | "classes" | "targets" | "weights">;

/** The temperature under which the targets are most likely. `logits` has a row a target, a column a class. */
export function temperatureOf(logits: Float64Array, heldOut: Targets): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let low = Math.log(0.05);
  let high = Math.log(20);
  for (let round = 0; round < 40; round += 1) {
    const left = high - ratio * (high - low);
    const right = low + ratio * (high - low);
    if (
      negativeLogLikelihood(logits, heldOut, Math.exp(left)) < negativeLogLikelihood(logits, heldOut, Math.exp(right))
    )
      high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}

/** N x K. */
export function logitsOf({ dimension, vectors, head, bias }: Weights, problem: Problem): Float64Array {
  const { size, classes, offsets, indices, values } = problem;
  const logits = new Float64Array(size * classes);
  const hidden = new Float64Array(dimension);
  for (let example = 0; example < size; example += 1) {
    hidden.fill(0);
    for (let at = offsets[example] as number; at < (offsets[example + 1] as number); at += 1) {
      const row = (indices[at] as number) * dimension;
      const value = values[at] as number;
      for (let d = 0; d < dimension; d += 1) hidden[d] = (hidden[d] as number) + value * (vectors[row + d] as number);
    }
    for (let k = 0; k < classes; k += 1) {
      let logit = bias[k] as number;
      for (let d = 0; d < dimension; d += 1) logit += (head[k * dimension + d] as number) * (hidden[d] as number);
      logits[example * classes + k] = logit;
    }
  }
  return logits;
}

function negativeLogLikelihood(
  logits: Float64Array,
  { size, classes, targets, weights }: Targets,
  temperature: number,
): number {
  let sum = 0;
  for (let example = 0; example < size; example += 1) {
    const row = logits.subarray(example * classes, (example + 1) * classes);
    const highest = row.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
    let total = 0;
    for (const logit of row) total += Math.exp((logit - highest) / temperature);
    const ownLogit = row[targets[example] as number] as number;
    sum += (weights[example] as number) * (Math.log(total) - (ownLogit - highest) / temperature);
  }
  return sum;
}
