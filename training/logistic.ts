import { createRandom, shuffled } from "./random.ts";

/** Multinomial logistic regression on standardised rows: logits = head ((row - mean) / deviation) + bias. */
export interface Logistic {
  /** D. */
  readonly mean: Float64Array;
  /** D; 1 where a column does not vary. */
  readonly deviation: Float64Array;
  /** K x D. */
  readonly head: Float64Array;
  /** K; -Infinity for a class without rows, which is never the answer. */
  readonly bias: Float64Array;
}

export interface LogisticProblem {
  /** Dense rows of `dimension` numbers each. */
  readonly rows: Float32Array;
  readonly dimension: number;
  readonly classes: number;
  /** The rows to learn from. */
  readonly seen: readonly number[];
  /** Class index and weight of each row. */
  readonly targets: Int32Array;
  readonly weights: Float32Array;
}

// Chosen on the dev split of CLINC150: a weaker penalty is as accurate and too sure of itself to teach.
/** Weight of the losses' sum against half the squared length of the head (scikit-learn's C). */
const C = 0.01;
const EPOCHS = 5;
const RATE = 1;
/** Rows a step: `multiply` is written for four. */
const BATCH = 4;
/** An error as small as this moves nothing: most classes are far from the answer, and to leave them is a third of the time. */
const LEAST_ERROR = 1e-4;

/**
 * Minimises C * sum of cross-entropies + |head|^2 / 2 by stochastic gradient descent from 0, with a rate that falls linearly to 0.
 * The penalty is one number that scales the whole head, so that a step touches only the classes it errs on. Same rows, same numbers.
 */
export function fitLogistic(problem: LogisticProblem): Logistic {
  const { dimension, classes, seen, targets, weights } = problem;
  const { mean, deviation, masses } = momentsOf(problem);
  const head = new Float64Array(classes * dimension);
  const bias = masses.map((mass) => (mass > 0 ? 0 : Number.NEGATIVE_INFINITY));
  const inputs = new Float64Array(seen.length * dimension);
  for (const [place, example] of seen.entries()) standardise(inputs, place, problem.rows, example, mean, deviation);
  const mass = masses.reduce((sum, own) => sum + own, 0);
  const penalty = 1 / (C * mass);
  const rate = (RATE * seen.length) / (inputs.reduce((sum, value) => sum + value * value, 0) || 1);
  /** The head is `scale * head` while it is fitted. */
  let scale = 1;
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    const order = shuffled(seen.length, createRandom(0, epoch));
    for (let first = 0; first < order.length; first += BATCH) {
      const left = 1 - (epoch + first / order.length) / EPOCHS;
      step(order.subarray(first, first + BATCH), rate * left);
    }
  }
  for (let at = 0; at < head.length; at += 1) head[at] = scale * (head[at] as number);
  return { mean, deviation, head, bias };

  function step(batch: Int32Array, pace: number): void {
    const errors = multiply({ head, bias }, scale, inputs, batch, dimension);
    scale *= 1 - Math.min(0.5, pace * penalty * batch.length);
    for (const [at, place] of batch.entries()) {
      const own = errors.subarray(at * bias.length, (at + 1) * bias.length);
      softmax(own);
      const example = seen[place] as number;
      const target = targets[example] as number;
      own[target] = (own[target] as number) - 1;
      const start = place * dimension;
      for (let k = 0; k < own.length; k += 1) {
        const error = own[k] as number;
        if (Math.abs(error) < LEAST_ERROR) continue;
        const move = pace * (weights[example] as number) * error;
        bias[k] = (bias[k] as number) - move;
        const scaled = move / scale;
        const to = k * dimension;
        for (let d = 0; d < dimension; d += 1)
          head[to + d] = (head[to + d] as number) - scaled * (inputs[start + d] as number);
      }
    }
  }
}

/** The logits of one of `rows`. */
export function logitsOf({ mean, deviation, head, bias }: Logistic, rows: Float32Array, example: number): Float64Array {
  const input = new Float64Array(mean.length);
  standardise(input, 0, rows, example, mean, deviation);
  return multiply({ head, bias }, 1, input, Int32Array.of(0), mean.length);
}

/** Weighted mean and standard deviation of each column, and the weight of each class. */
function momentsOf({ rows, dimension, classes, seen, targets, weights }: LogisticProblem) {
  const mean = new Float64Array(dimension);
  const deviation = new Float64Array(dimension);
  const masses = new Float64Array(classes);
  for (const example of seen) {
    const target = targets[example] as number;
    masses[target] = (masses[target] as number) + (weights[example] as number);
  }
  const mass = masses.reduce((sum, own) => sum + own, 0);
  for (const example of seen) {
    const share = (weights[example] as number) / mass;
    for (let d = 0; d < dimension; d += 1)
      mean[d] = (mean[d] as number) + share * (rows[example * dimension + d] as number);
  }
  for (const example of seen) {
    const share = (weights[example] as number) / mass;
    for (let d = 0; d < dimension; d += 1)
      deviation[d] =
        (deviation[d] as number) + share * ((rows[example * dimension + d] as number) - (mean[d] as number)) ** 2;
  }
  // What float32 rounds is no variation.
  for (let d = 0; d < dimension; d += 1)
    deviation[d] = (deviation[d] as number) > 1e-12 ? Math.sqrt(deviation[d] as number) : 1;
  return { mean, deviation, masses };
}

function standardise(
  into: Float64Array,
  place: number,
  rows: Float32Array,
  example: number,
  mean: Float64Array,
  deviation: Float64Array,
): void {
  const dimension = mean.length;
  for (let d = 0; d < dimension; d += 1)
    into[place * dimension + d] =
      ((rows[example * dimension + d] as number) - (mean[d] as number)) / (deviation[d] as number);
}

/** Logits (rows x K) of up to four rows of `inputs` by `scale * head`: each number of the head is read once for all of them. */
function multiply(
  { head, bias }: Pick<Logistic, "head" | "bias">,
  scale: number,
  inputs: Float64Array,
  places: Int32Array,
  dimension: number,
): Float64Array {
  const classes = bias.length;
  const starts = Array.from(
    { length: BATCH },
    (_, at) => (places[Math.min(at, places.length - 1)] as number) * dimension,
  );
  const [one, two, three, four] = starts as [number, number, number, number];
  const logits = new Float64Array(BATCH * classes);
  for (let k = 0, at = 0; k < classes; k += 1) {
    let a = 0;
    let b = 0;
    let c = 0;
    let e = 0;
    for (let d = 0; d < dimension; d += 1, at += 1) {
      const weight = head[at] as number;
      a += weight * (inputs[one + d] as number);
      b += weight * (inputs[two + d] as number);
      c += weight * (inputs[three + d] as number);
      e += weight * (inputs[four + d] as number);
    }
    const own = bias[k] as number;
    logits[k] = scale * a + own;
    logits[classes + k] = scale * b + own;
    logits[2 * classes + k] = scale * c + own;
    logits[3 * classes + k] = scale * e + own;
  }
  return logits.subarray(0, places.length * classes);
}

function softmax(logits: Float64Array): void {
  let highest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < logits.length; k += 1) highest = Math.max(highest, logits[k] as number);
  let total = 0;
  for (let k = 0; k < logits.length; k += 1) {
    const power = Math.exp((logits[k] as number) - highest);
    logits[k] = power;
    total += power;
  }
  for (let k = 0; k < logits.length; k += 1) logits[k] = (logits[k] as number) / total;
}
