import { createRandom, shuffled } from "./random.ts";

/** Multinomial logistic regression on whitened rows: logits = head z + bias with L z = row - mean. */
export interface Logistic {
  /** D. */
  readonly mean: Float64Array;
  /** D x D, lower triangular: the Cholesky factor of the rows' covariance within classes. */
  readonly factor: Float64Array;
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

// Chosen on the dev splits of the lines (18 texts a class) and of CLINC150 (100): together they serve both.
/** How far the covariance is drawn towards a multiple of the identity. */
const SHRINKAGE = 0.7;
/** Discriminant analysis is too sure of itself in many dimensions. */
const START_SCALE = 0.2;
const EPOCHS = 4;
const RATE = 1;
/** Rows a step. */
const BATCH = 4;
/** An error as small as this moves nothing: most classes are far from the answer, and to leave them is a third of the time. */
const LEAST_ERROR = 1e-4;

/**
 * Starts from shrunken linear discriminant analysis (Ledoit and Wolf 2004; its posterior is a logistic regression in closed form,
 * and hard to beat with few rows a class), goes on by stochastic gradient descent on the whitened rows with a rate that falls
 * linearly to 0 (worth two points with many). Same rows, same numbers.
 */
export function fitLogistic(problem: LogisticProblem): Logistic {
  const { rows, dimension, seen, targets, weights } = problem;
  const { mean, centroids, masses, covariance } = momentsOf(problem);
  const factor = cholesky(shrunken(covariance, dimension), dimension);
  const head = centroids;
  whiten(head, factor, dimension);
  const bias = masses.map((mass, k) =>
    mass > 0 ? -0.5 * START_SCALE * squared(head, k, dimension) : Number.NEGATIVE_INFINITY,
  );
  for (let at = 0; at < head.length; at += 1) head[at] = START_SCALE * (head[at] as number);

  const inputs = new Float64Array(seen.length * dimension);
  for (const [place, example] of seen.entries()) centre(inputs, place, rows, example, mean);
  whiten(inputs, factor, dimension);
  const rate = (RATE * seen.length) / (inputs.reduce((sum, value) => sum + value * value, 0) || 1);
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    const order = shuffled(seen.length, createRandom(0, epoch));
    for (let first = 0; first < order.length; first += BATCH) {
      const left = 1 - (epoch + first / order.length) / EPOCHS;
      step(order.subarray(first, first + BATCH), rate * left);
    }
  }
  return { mean, factor, head, bias };

  function step(batch: Int32Array, pace: number): void {
    const errors = multiply(head, bias, inputs, batch, dimension);
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
        const to = k * dimension;
        for (let d = 0; d < dimension; d += 1)
          head[to + d] = (head[to + d] as number) - move * (inputs[start + d] as number);
      }
    }
  }
}

/** The logits of one of `rows`. */
export function logitsOf({ mean, factor, head, bias }: Logistic, rows: Float32Array, example: number): Float64Array {
  const input = new Float64Array(mean.length);
  centre(input, 0, rows, example, mean);
  whiten(input, factor, mean.length);
  return multiply(head, bias, input, Int32Array.of(0), mean.length);
}

/** Weighted mean of the rows, means of the classes less it (0 for a class without rows), and covariance within classes (D x D, lower). */
function momentsOf({ rows, dimension, classes, seen, targets, weights }: LogisticProblem) {
  const mean = new Float64Array(dimension);
  const centroids = new Float64Array(classes * dimension);
  const masses = new Float64Array(classes);
  let mass = 0;
  for (const example of seen) {
    const weight = weights[example] as number;
    const target = targets[example] as number;
    masses[target] = (masses[target] as number) + weight;
    mass += weight;
    for (let d = 0; d < dimension; d += 1) {
      const part = weight * (rows[example * dimension + d] as number);
      mean[d] = (mean[d] as number) + part;
      centroids[target * dimension + d] = (centroids[target * dimension + d] as number) + part;
    }
  }
  for (let d = 0; d < dimension; d += 1) mean[d] = (mean[d] as number) / mass;
  for (let k = 0; k < classes; k += 1) {
    const own = masses[k] as number;
    for (let d = 0; d < dimension; d += 1) {
      const at = k * dimension + d;
      centroids[at] = own > 0 ? (centroids[at] as number) / own - (mean[d] as number) : 0;
    }
  }
  const covariance = new Float64Array(dimension * dimension);
  const rest = new Float64Array(dimension);
  for (const example of seen) {
    centre(rest, 0, rows, example, mean);
    const start = (targets[example] as number) * dimension;
    for (let d = 0; d < dimension; d += 1) rest[d] = (rest[d] as number) - (centroids[start + d] as number);
    const share = (weights[example] as number) / mass;
    for (let d = 0; d < dimension; d += 1) {
      const scaled = share * (rest[d] as number);
      const line = d * dimension;
      for (let other = 0; other <= d; other += 1)
        covariance[line + other] = (covariance[line + other] as number) + scaled * (rest[other] as number);
    }
  }
  return { mean, centroids, masses, covariance };
}

/** (1 - s) C + s (mean variance) I. Where the rows do not vary at all, I. */
function shrunken(covariance: Float64Array, dimension: number): Float64Array {
  let trace = 0;
  for (let d = 0; d < dimension; d += 1) trace += covariance[d * dimension + d] as number;
  const ridge = trace > 0 ? (SHRINKAGE * trace) / dimension : 1;
  const matrix = covariance.map((value) => (1 - SHRINKAGE) * value);
  for (let d = 0; d < dimension; d += 1) matrix[d * dimension + d] = (matrix[d * dimension + d] as number) + ridge;
  return matrix;
}

/** L with L L' = matrix, of which the lower half is read. */
function cholesky(matrix: Float64Array, dimension: number): Float64Array {
  const factor = new Float64Array(dimension * dimension);
  for (let row = 0; row < dimension; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = matrix[row * dimension + column] as number;
      for (let d = 0; d < column; d += 1)
        sum -= (factor[row * dimension + d] as number) * (factor[column * dimension + d] as number);
      factor[row * dimension + column] =
        row === column ? Math.sqrt(sum) : sum / (factor[column * dimension + column] as number);
    }
  }
  return factor;
}

/** Each row x of `matrix` becomes the z of L z = x. */
function whiten(matrix: Float64Array, factor: Float64Array, dimension: number): void {
  for (let start = 0; start < matrix.length; start += dimension) {
    for (let d = 0; d < dimension; d += 1) {
      let sum = matrix[start + d] as number;
      const line = d * dimension;
      for (let other = 0; other < d; other += 1)
        sum -= (factor[line + other] as number) * (matrix[start + other] as number);
      matrix[start + d] = sum / (factor[line + d] as number);
    }
  }
}

function centre(into: Float64Array, place: number, rows: Float32Array, example: number, mean: Float64Array): void {
  const dimension = mean.length;
  for (let d = 0; d < dimension; d += 1)
    into[place * dimension + d] = (rows[example * dimension + d] as number) - (mean[d] as number);
}

function squared(matrix: Float64Array, row: number, dimension: number): number {
  let sum = 0;
  for (let at = row * dimension; at < (row + 1) * dimension; at += 1) sum += (matrix[at] as number) ** 2;
  return sum;
}

/** Logits (rows x K) of up to four rows of `inputs`: each number of the head is read once for all of them. */
function multiply(
  head: Float64Array,
  bias: Float64Array,
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
    let a = bias[k] as number;
    let b = a;
    let c = a;
    let e = a;
    for (let d = 0; d < dimension; d += 1, at += 1) {
      const weight = head[at] as number;
      a += weight * (inputs[one + d] as number);
      b += weight * (inputs[two + d] as number);
      c += weight * (inputs[three + d] as number);
      e += weight * (inputs[four + d] as number);
    }
    logits[k] = a;
    logits[classes + k] = b;
    logits[2 * classes + k] = c;
    logits[3 * classes + k] = e;
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
