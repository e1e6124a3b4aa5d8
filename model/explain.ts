import { InputError } from "#contracts/errors.ts";
import { type Ngrams, spanOf, termOf } from "./features.ts";
import type { Model } from "./model.ts";
import { createReader } from "./reader.ts";
import type { SparseVector } from "./vector.ts";

/** An n-gram of the query and how much it speaks for the class. */
export interface Reason {
  readonly term: string;
  readonly weight: number;
}

export interface Explanation {
  /** A list for each id asked for, in that order. */
  readonly reasons: Reason[][];
  /** Multiply-adds, and code points of terms compared: 0 where the budget did not allow to explain anything. */
  readonly operations: number;
}

/** Explains answers of one model. */
export interface Explainer {
  /**
   * The `n` n-grams of `text` that speak most for class `id`, strongest first; only those that speak for it.
   * A weight is the n-gram's part of the class's logit, above the mean over all classes (which no answer depends on).
   * Throws InputError for an id the model does not have.
   */
  explain(text: string, id: number, n: number): Reason[];
  /** The same for several classes in one pass over the text, or empty lists where it would cost more than `operationBudget`. */
  explainAll(text: string, ids: readonly number[], n: number, operationBudget?: number): Explanation;
}

/** Terms of one text: 転職 as a word and 転職 as two characters are one reason to a reader. */
interface Terms {
  readonly length: number;
  /** Term of each feature, and a feature of each term. */
  readonly of: readonly number[];
  readonly features: readonly number[];
}

function termsOf(ngrams: Ngrams, { length, entries }: SparseVector): Terms {
  const known = new Map<number, number>();
  const of: number[] = [];
  const features: number[] = [];
  for (let feature = 0; feature < length; feature += 1) {
    const span = spanOf(ngrams, entries[feature] as number);
    let term = known.get(span);
    if (term === undefined) {
      term = features.length;
      known.set(span, term);
      features.push(feature);
    }
    of.push(term);
  }
  return { length: features.length, of, features };
}

/** Classes that are explained in one pass over the vectors: as many sums as a processor adds to side by side. */
const TOGETHER = 4;

/** @param reader shared with the classifier, so that a text that was just scored is explained by what was scored */
export function createExplainer(model: Model, reader = createReader(model)): Explainer {
  const { dimension, head, vectors } = model;
  const mean = new Float64Array(dimension);
  for (let at = 0; at < head.length; ) {
    for (let d = 0; d < dimension; d += 1, at += 1) mean[d] = (mean[d] as number) + (head[at] as number);
  }
  for (let d = 0; d < dimension; d += 1) mean[d] = (mean[d] as number) / model.classes.length;

  const directions = new Float64Array(dimension * TOGETHER);

  /** Weights of the terms for each of up to `TOGETHER` classes. A row of the vectors is gone through once for all of them. */
  function weigh(ids: readonly number[], { length, indices, values }: SparseVector, terms: Terms): Float64Array[] {
    directions.fill(0);
    ids.forEach((id, lane) => {
      for (let d = 0; d < dimension; d += 1) {
        directions[d * TOGETHER + lane] = (head[(id - 1) * dimension + d] as number) - (mean[d] as number);
      }
    });
    const weights = Array.from({ length: TOGETHER }, () => new Float64Array(terms.length));
    const [w0, w1, w2, w3] = weights as [Float64Array, Float64Array, Float64Array, Float64Array];
    for (let feature = 0; feature < length; feature += 1) {
      const row = (indices[feature] as number) * dimension;
      let [a, b, c, e] = [0, 0, 0, 0];
      for (let d = 0, at = 0; d < dimension; d += 1, at += TOGETHER) {
        const number = vectors[row + d] as number;
        a += number * (directions[at] as number);
        b += number * (directions[at + 1] as number);
        c += number * (directions[at + 2] as number);
        e += number * (directions[at + 3] as number);
      }
      const term = terms.of[feature] as number;
      const value = values[feature] as number;
      w0[term] = (w0[term] as number) + a * value;
      w1[term] = (w1[term] as number) + b * value;
      w2[term] = (w2[term] as number) + c * value;
      w3[term] = (w3[term] as number) + e * value;
    }
    return weights.slice(0, ids.length);
  }

  function explainAll(
    text: string,
    ids: readonly number[],
    n: number,
    operationBudget = Number.POSITIVE_INFINITY,
  ): Explanation {
    for (const id of ids) {
      if (!Number.isInteger(id) || id < 1 || id > model.classes.length) {
        throw new InputError(`no class has the id ${id}`, `Ids are 1 to ${model.classes.length}.`);
      }
    }
    const { ngrams, vector } = reader.again(text);
    const { length } = vector;
    const operations = ids.length * dimension * (length + 1) + length;
    if (operations > operationBudget) return { reasons: ids.map(() => []), operations: 0 };

    const terms = termsOf(ngrams, vector);
    const reasons: Reason[][] = [];
    for (let from = 0; from < ids.length; from += TOGETHER) {
      const some = ids.slice(from, from + TOGETHER);
      for (const weights of weigh(some, vector, terms)) {
        const named = strongest(weights, n, (term) =>
          termOf(ngrams, vector.entries[terms.features[term] as number] as number),
        );
        reasons.push(named);
      }
    }
    return { reasons, operations };
  }

  return {
    explain: (text, id, n) => explainAll(text, [id], n).reasons[0] ?? [],
    explainAll,
  };
}

/** The `n` highest positive weights with their names, highest first, equal ones by name. Few are named: names are strings. */
function strongest(weights: Float64Array, n: number, nameOf: (term: number) => string): Reason[] {
  const chosen: Reason[] = [];
  for (let term = 0; term < weights.length; term += 1) {
    const weight = weights[term] as number;
    const lowest = chosen.length < n ? 0 : (chosen.at(-1)?.weight ?? Number.POSITIVE_INFINITY);
    if (weight <= 0 || weight < lowest) continue;
    const reason = { term: nameOf(term), weight };
    let place = chosen.length;
    while (place > 0 && comesBefore(reason, chosen[place - 1] as Reason)) place -= 1;
    chosen.splice(place, 0, reason);
    if (chosen.length > n) chosen.pop();
  }
  return chosen;
}

const comesBefore = (a: Reason, b: Reason): boolean =>
  a.weight > b.weight || (a.weight === b.weight && a.term < b.term);
