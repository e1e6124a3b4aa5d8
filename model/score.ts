import { InputError } from "#contracts/errors.ts";
import { NGRAMS_PER_POINT } from "./features.ts";
import { type Linear, linearInKernel } from "./kernel/linear.ts";
import type { Model } from "./model.ts";
import { createReader } from "./reader.ts";
import type { SparseVector } from "./vector.ts";

/** `score` is the class's calibrated probability, a float32. */
export interface Prediction {
  readonly id: number;
  readonly label: string;
  readonly score: number;
}

/** How far an answer came: all features, as many as the budget allowed, or only how common each class is. */
export type Path = "full" | "reduced" | "prior";

export interface Answer {
  /** Best first; equal scores by id. */
  readonly predictions: readonly Prediction[];
  readonly path: Path;
  /** Work done: code points read, n-grams hashed, multiply-adds. The same everywhere, unlike time. */
  readonly operations: number;
  /** Probability of the first prediction. */
  readonly confidence: number;
}

export interface ClassifyOptions {
  /** How many predictions, at least 1; there are never more than classes. */
  readonly top: number;
  /** Most operations the answer may cost beyond reading the prior; without it there is no limit. */
  readonly operationBudget?: number;
}

export interface Classifier {
  readonly model: Model;
  /** Throws InputError when `top` is not a positive whole number. */
  classify(text: string, options: ClassifyOptions): Answer;
}

/** Under this many features an answer is no better than the prior, so that nothing is spent on it. */
const LEAST_FEATURES = 8;

/**
 * Scores text with a model: h = sum of value x vector, softmax((head h + bias) / temperature).
 *
 * Scores are bit-equal in Node and in workerd: the order of additions is fixed, sums are float64 and results are rounded to
 * float32; both run V8, whose Math.exp and Math.log are its own port of fdlibm, not the platform's.
 */
export function createClassifier(model: Model, { read } = createReader(model)): Classifier {
  const { dimension, prior, temperature } = model;
  const classes = model.classes.length;
  const linear = linearInKernel(model) ?? plainLinear(model);
  const scores = new Float64Array(classes);
  const headCost = classes * dimension;

  function softmax(vector: SparseVector): void {
    const logits = linear(vector);
    let highest = Number.NEGATIVE_INFINITY;
    for (let id = 0; id < classes; id += 1) {
      const logit = (logits[id] as number) / temperature;
      scores[id] = logit;
      if (logit > highest) highest = logit;
    }
    let total = 0;
    for (let id = 0; id < classes; id += 1) {
      const weight = Math.exp((scores[id] as number) - highest);
      scores[id] = weight;
      total += weight;
    }
    for (let id = 0; id < classes; id += 1) scores[id] = Math.fround((scores[id] as number) / total);
  }

  function answer(path: Path, operations: number, top: number): Answer {
    const predictions = best(scores, top).map((index) => ({
      id: index + 1,
      label: model.classes[index] as string,
      score: scores[index] as number,
    }));
    return { predictions, path, operations, confidence: predictions[0]?.score ?? 0 };
  }

  function classify(text: string, { top, operationBudget = Number.POSITIVE_INFINITY }: ClassifyOptions): Answer {
    if (!Number.isInteger(top) || top < 1) {
      throw new InputError(`top is ${top}, not a positive whole number`, "Ask for 1 prediction or more.");
    }
    const left = operationBudget - headCost;
    let operations = 0;
    if (left >= Math.max(2 * LEAST_FEATURES * dimension, 2 * (1 + NGRAMS_PER_POINT))) {
      const found = read(text, left);
      operations = found.operations;
      if (found.vector.length > 0) {
        softmax(found.vector);
        operations += found.vector.length * dimension + headCost;
        return answer(found.reduced ? "reduced" : "full", operations, top);
      }
    }
    scores.set(prior);
    return answer("prior", operations, top);
  }

  return { model, classify };
}

/** The reference of what scoring is: the kernel's additions are these, in this order. */
function plainLinear(model: Model): Linear {
  const { dimension, head, bias } = model;
  const hidden = new Float64Array(dimension);
  const logits = new Float64Array(bias.length);
  return (vector) => {
    embed(model, vector, hidden);
    for (let id = 0, at = 0; id < logits.length; id += 1) {
      let logit = bias[id] as number;
      for (let d = 0; d < dimension; d += 1, at += 1) logit += (head[at] as number) * (hidden[d] as number);
      logits[id] = logit;
    }
    return logits;
  };
}

/** Writes the sum of value x vector of a text's features into `hidden`. */
export function embed(
  { vectors, dimension }: Model,
  { length, indices, values }: SparseVector,
  hidden: Float64Array,
): void {
  hidden.fill(0);
  for (let feature = 0; feature < length; feature += 1) {
    const value = values[feature] as number;
    const row = (indices[feature] as number) * dimension;
    for (let d = 0; d < dimension; d += 1) {
      hidden[d] = (hidden[d] as number) + value * (vectors[row + d] as number);
    }
  }
}

/** Indices of the `count` highest scores, highest first, equal ones by index. */
export function best(scores: ArrayLike<number>, count: number): number[] {
  const chosen: number[] = [];
  for (let index = 0; index < scores.length; index += 1) {
    const score = scores[index] as number;
    if (chosen.length === count && score <= (scores[chosen[count - 1] as number] as number)) continue;
    let place = chosen.length;
    while (place > 0 && score > (scores[chosen[place - 1] as number] as number)) place -= 1;
    chosen.splice(place, 0, index);
    if (chosen.length > count) chosen.pop();
  }
  return chosen;
}
