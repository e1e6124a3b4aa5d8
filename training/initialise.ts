import { PCA } from "ml-pca";
import type { Problem } from "./problem.ts";

/** What is fitted; matrices row by row. V features, K classes, D dimensions. */
export interface Weights {
  readonly dimension: number;
  /** V x D. */
  readonly vectors: Float32Array;
  /** K x D. */
  readonly head: Float32Array;
  /** K. */
  readonly bias: Float32Array;
}

export interface Start {
  readonly weights: Weights;
  /** Share of the variance of the log-odds that the dimensions hold. */
  readonly varianceExplained: number;
}

/** Pseudo-count of a feature in each class. */
const SMOOTHING = 0.02;
const VECTOR_RMS = 0.01;
const HEAD_RMS = 0.03;

/**
 * Initial vectors from how much each feature speaks for each class. With M the class sums of feature values and n the number of
 * examples that have the feature, the log-odds are LO = ln(M + s) sqrt(n / (n + 1)), less each row's mean (a shift of all
 * logits changes no answer); their principal components U over the classes give vectors LO U and a head U, both scaled to small
 * values. The smallest dimension that explains `minVariance` is taken, at most `maxDimension`.
 *
 * Only the K x K matrix of second moments is needed. A row of LO is a constant where M is 0, so row = constant + sparse rest,
 * and no V x K matrix is ever made.
 */
export function initialise(problem: Problem, maxDimension: number, minVariance: number): Start {
  const { classes, features } = problem;
  const rows = createLogOdds(problem);
  const moments = secondMoments(rows, features, classes);
  const pca = new PCA(moments, { isCovarianceMatrix: true });
  const cumulative = pca.getCumulativeVariance();
  const enough = cumulative.findIndex((share) => share >= minVariance) + 1;
  const dimension = Math.min(maxDimension, classes, enough || classes);
  const components = pca.getEigenvectors().to2DArray();

  const head = new Float32Array(classes * dimension);
  for (let k = 0; k < classes; k += 1) {
    const row = components[k] as number[];
    for (let d = 0; d < dimension; d += 1) head[k * dimension + d] = row[d] as number;
  }
  const vectors = projected(rows, features, head, dimension);
  scaleTo(vectors, VECTOR_RMS);
  scaleTo(head, HEAD_RMS);
  const weights = { dimension, vectors, head, bias: new Float32Array(classes) };
  return { weights, varianceExplained: cumulative[dimension - 1] ?? 0 };
}

/** Vectors of every feature for a head that is already there: its log-odds projected on it, scaled as at any start. */
export function initialVectors(problem: Problem, head: Float32Array, dimension: number): Float32Array {
  const vectors = projected(createLogOdds(problem), problem.features, head, dimension);
  scaleTo(vectors, VECTOR_RMS);
  return vectors;
}

/** LO head: V x D. */
function projected(rows: LogOdds, features: number, head: Float32Array, dimension: number): Float32Array {
  const columnSums = new Float64Array(dimension);
  for (const [at, value] of head.entries()) columnSums[at % dimension] = (columnSums[at % dimension] as number) + value;
  const vectors = new Float32Array(features * dimension);
  const sums = new Float64Array(dimension);
  for (let feature = 0; feature < features; feature += 1) {
    const { constant, length } = rows.read(feature);
    for (let d = 0; d < dimension; d += 1) sums[d] = constant * (columnSums[d] as number);
    for (let at = 0; at < length; at += 1) {
      const rest = rows.rest[at] as number;
      const row = (rows.classes[at] as number) * dimension;
      for (let d = 0; d < dimension; d += 1) sums[d] = (sums[d] as number) + rest * (head[row + d] as number);
    }
    vectors.set(sums, feature * dimension);
  }
  return vectors;
}

interface LogOdds {
  /** Reads a feature's row into `classes` and `rest`: its value is `constant`, plus `rest` at the classes listed. */
  read(feature: number): { constant: number; length: number };
  readonly classes: Int32Array;
  readonly rest: Float64Array;
}

function createLogOdds({ size, classes, features, offsets, indices, values, targets, weights }: Problem): LogOdds {
  // Turn rows of examples into rows of features: first count, then fill.
  const starts = new Int32Array(features + 1);
  for (let at = 0; at < indices.length; at += 1) {
    const next = (indices[at] as number) + 1;
    starts[next] = (starts[next] as number) + 1;
  }
  for (let feature = 0; feature < features; feature += 1) {
    starts[feature + 1] = (starts[feature + 1] as number) + (starts[feature] as number);
  }
  const filled = starts.slice(0, features);
  const classOf = new Int32Array(indices.length);
  const massOf = new Float32Array(indices.length);
  for (let example = 0; example < size; example += 1) {
    for (let at = offsets[example] as number; at < (offsets[example + 1] as number); at += 1) {
      const feature = indices[at] as number;
      const place = filled[feature] as number;
      classOf[place] = targets[example] as number;
      massOf[place] = (values[at] as number) * (weights[example] as number);
      filled[feature] = place + 1;
    }
  }

  const mass = new Float64Array(classes);
  const touched = new Int32Array(classes);
  const rest = new Float64Array(classes);
  function read(feature: number): { constant: number; length: number } {
    const start = starts[feature] as number;
    const end = starts[feature + 1] as number;
    let length = 0;
    let total = 0;
    for (let at = start; at < end; at += 1) {
      const k = classOf[at] as number;
      if (mass[k] === 0) touched[length++] = k;
      mass[k] = (mass[k] as number) + (massOf[at] as number);
    }
    const trust = Math.sqrt((end - start) / (end - start + 1));
    for (let at = 0; at < length; at += 1) {
      const k = touched[at] as number;
      rest[at] = Math.log(((mass[k] as number) + SMOOTHING) / SMOOTHING) * trust;
      total += rest[at] as number;
      mass[k] = 0;
    }
    return { constant: -total / classes, length };
  }
  return { read, classes: touched, rest };
}

/** LO' LO: sum over features of (c 1 + r)(c 1 + r)', with r sparse. */
function secondMoments(rows: LogOdds, features: number, classes: number): number[][] {
  let constants = 0;
  const crossed = new Float64Array(classes);
  const moments = new Float64Array(classes * classes);
  for (let feature = 0; feature < features; feature += 1) {
    const { constant, length } = rows.read(feature);
    constants += constant * constant;
    for (let at = 0; at < length; at += 1) {
      const k = rows.classes[at] as number;
      const value = rows.rest[at] as number;
      crossed[k] = (crossed[k] as number) + constant * value;
      for (let other = 0; other < length; other += 1) {
        const cell = k * classes + (rows.classes[other] as number);
        moments[cell] = (moments[cell] as number) + value * (rows.rest[other] as number);
      }
    }
  }
  return Array.from({ length: classes }, (_, k) =>
    Array.from(
      { length: classes },
      (_, other) =>
        constants + (crossed[k] as number) + (crossed[other] as number) + (moments[k * classes + other] as number),
    ),
  );
}

function scaleTo(values: Float32Array, rms: number): void {
  let squares = 0;
  for (let at = 0; at < values.length; at += 1) squares += (values[at] as number) ** 2;
  const scale = squares > 0 ? rms / Math.sqrt(squares / values.length) : 0;
  for (let at = 0; at < values.length; at += 1) values[at] = (values[at] as number) * scale;
}
