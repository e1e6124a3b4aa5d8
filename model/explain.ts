import { InputError } from "#contracts/errors.ts";
import { createExtractor, termOf } from "./features.ts";
import type { Model } from "./model.ts";
import { normalise } from "./normalise.ts";
import { createVectoriser } from "./vector.ts";

/** An n-gram of the query and how much it speaks for the class. */
export interface Reason {
  readonly term: string;
  readonly weight: number;
}

/** Explains answers of one model. */
export interface Explainer {
  /**
   * The `n` n-grams of `text` that speak most for class `id`, strongest first; only those that speak for it.
   * A weight is the n-gram's part of the class's logit, above the mean over all classes (which no answer depends on).
   * Throws InputError for an id the model does not have.
   */
  explain(text: string, id: number, n: number): Reason[];
}

export function createExplainer(model: Model): Explainer {
  const { dimension, head, vectors } = model;
  const { extract } = createExtractor();
  const { vectorise } = createVectoriser(model.keys, model.idf);
  const mean = new Float64Array(dimension);
  for (let at = 0; at < head.length; at += 1) {
    const d = at % dimension;
    mean[d] = (mean[d] as number) + (head[at] as number) / model.classes.length;
  }

  function explain(text: string, id: number, n: number): Reason[] {
    if (!Number.isInteger(id) || id < 1 || id > model.classes.length) {
      throw new InputError(`no class has the id ${id}`, `Ids are 1 to ${model.classes.length}.`);
    }
    const ngrams = extract(normalise(text));
    const { length, indices, values, entries } = vectorise(ngrams);
    // 転職 as a word and 転職 as two characters are one reason to a reader.
    const weights = new Map<string, number>();
    for (let feature = 0; feature < length; feature += 1) {
      const row = (indices[feature] as number) * dimension;
      let part = 0;
      for (let d = 0; d < dimension; d += 1) {
        const direction = (head[(id - 1) * dimension + d] as number) - (mean[d] as number);
        part += (vectors[row + d] as number) * direction;
      }
      const term = termOf(ngrams, entries[feature] as number);
      weights.set(term, (weights.get(term) ?? 0) + part * (values[feature] as number));
    }
    return [...weights]
      .map(([term, weight]) => ({ term, weight }))
      .filter(({ weight }) => weight > 0)
      .sort((a, b) => b.weight - a.weight || (a.term < b.term ? -1 : 1))
      .slice(0, n);
  }

  return { explain };
}
