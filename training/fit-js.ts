import type { Weights } from "./initialise.ts";
import { type Problem, writeWanted } from "./problem.ts";
import { shuffled } from "./random.ts";
import type { Epoch, Trainer } from "./trainer.ts";

/** Plain stochastic gradient descent, one example a step, on typed arrays: only the vectors of an example's features move. */
export const jsTrainer: Trainer = {
  backend: "js",
  fitEpoch: (weights, problem, epoch) => Promise.resolve(fitEpoch(weights, problem, epoch)),
};

function fitEpoch({ dimension, vectors, head, bias }: Weights, problem: Problem, epoch: Epoch): number {
  const { size, classes, offsets, indices, values, targets } = problem;
  const { dropout, labelSmoothing, random } = epoch;
  const order = shuffled(size, random);
  const longest = offsets.reduce(
    (most, end, row) => Math.max(most, row > 0 ? end - (offsets[row - 1] as number) : 0),
    0,
  );
  const rows = new Int32Array(longest);
  const amounts = new Float64Array(longest);
  const hidden = new Float64Array(dimension);
  const back = new Float64Array(dimension);
  const errors = new Float64Array(classes);
  const wanted = new Float64Array(classes);
  let losses = 0;
  let weightSum = 0;

  for (let step = 0; step < size; step += 1) {
    const example = order[step] as number;
    const weight = problem.weights[example] as number;
    const rate = epoch.rateFrom + ((epoch.rateTo - epoch.rateFrom) * step) / size;

    // Features that stay make up for those left out, so that the sum keeps its expectation (inverted dropout).
    let kept = 0;
    hidden.fill(0);
    for (let at = offsets[example] as number; at < (offsets[example + 1] as number); at += 1) {
      if (dropout > 0 && random.next() < dropout) continue;
      const amount = (values[at] as number) / (1 - dropout);
      const row = (indices[at] as number) * dimension;
      rows[kept] = row;
      amounts[kept] = amount;
      kept += 1;
      for (let d = 0; d < dimension; d += 1) hidden[d] = (hidden[d] as number) + amount * (vectors[row + d] as number);
    }

    let highest = Number.NEGATIVE_INFINITY;
    for (let k = 0, at = 0; k < classes; k += 1) {
      let logit = bias[k] as number;
      for (let d = 0; d < dimension; d += 1, at += 1) logit += (head[at] as number) * (hidden[d] as number);
      errors[k] = logit;
      if (logit > highest) highest = logit;
    }
    let total = 0;
    for (let k = 0; k < classes; k += 1) {
      const exponential = Math.exp((errors[k] as number) - highest);
      errors[k] = exponential;
      total += exponential;
    }

    const target = targets[example] as number;
    losses -= weight * Math.log((errors[target] as number) / total);
    weightSum += weight;
    back.fill(0);
    writeWanted(problem, example, labelSmoothing, wanted);
    const pace = rate * weight;
    for (let k = 0, at = 0; k < classes; k += 1) {
      const move = pace * ((errors[k] as number) / total - (wanted[k] as number));
      bias[k] = (bias[k] as number) - move;
      for (let d = 0; d < dimension; d += 1, at += 1) {
        const direction = head[at] as number;
        back[d] = (back[d] as number) + move * direction;
        head[at] = direction - move * (hidden[d] as number);
      }
    }
    for (let feature = 0; feature < kept; feature += 1) {
      const row = rows[feature] as number;
      const amount = amounts[feature] as number;
      for (let d = 0; d < dimension; d += 1)
        vectors[row + d] = (vectors[row + d] as number) - amount * (back[d] as number);
    }
  }
  return losses / weightSum;
}
