import { InputError } from "#contracts/errors.ts";
import { decodeModel } from "#model/codec.ts";
import type { Model } from "#model/model.ts";
import { initialVectors, type Start } from "./initialise.ts";
import type { Problem, Vocabulary } from "./problem.ts";

/** The model that a run goes on from. Throws InputError where it is compressed, of other code, or of other classes. */
export function readParent(bytes: Uint8Array, classes: readonly string[]): Model {
  const parent = decodeModel(bytes);
  const hint = "Name the uncompressed model of a training on the same classes, or train without a parent.";
  if (parent.rung !== "float32") throw new InputError(`the parent is compressed to ${parent.rung}`, hint);
  if (parent.classes.length !== classes.length || parent.classes.some((name, at) => name !== classes[at]))
    throw new InputError("the parent knows other classes, or has them in another order", hint);
  return parent;
}

/**
 * The vocabulary of a run that goes on from a parent: the parent's features, whether the new examples have them or not, and the
 * new examples' own. The parent's keep the parent's idf, which their vectors were fitted with; where the examples lack one, its number
 * of documents is what that idf says of as many examples.
 */
export function inherit(vocabulary: Vocabulary, parent: Pick<Model, "keys" | "idf">, examples: number): Vocabulary {
  const rows = new Map<number, { documents: number; idf: number }>();
  for (const [at, key] of vocabulary.keys.entries())
    rows.set(key, { documents: vocabulary.documents[at] as number, idf: vocabulary.idf[at] as number });
  for (const [at, key] of parent.keys.entries()) {
    const idf = parent.idf[at] as number;
    const expected = Math.max(1, Math.round((1 + examples) * Math.exp(1 - idf) - 1));
    rows.set(key, { documents: rows.get(key)?.documents ?? expected, idf });
  }
  const keys = Uint32Array.from(rows.keys()).sort();
  const own = (key: number) => rows.get(key) as { documents: number; idf: number };
  return {
    ...vocabulary,
    keys,
    documents: Uint32Array.from(keys, (key) => own(key).documents),
    idf: Float32Array.from(keys, (key) => own(key).idf),
  };
}

/** Where such a run begins: the parent's head and vectors; features that it lacks as at any start, towards its head. */
export function startFrom(parent: Model, problem: Problem, { keys }: Pick<Vocabulary, "keys">): Start {
  const { dimension } = parent;
  const head = parent.head.slice();
  const vectors = initialVectors(problem, head, dimension);
  const indexOf = new Map<number, number>();
  for (const [at, key] of parent.keys.entries()) indexOf.set(key, at);
  for (const [at, key] of keys.entries()) {
    const from = indexOf.get(key);
    if (from === undefined) continue;
    vectors.set(parent.vectors.subarray(from * dimension, (from + 1) * dimension), at * dimension);
  }
  // What the parent's dimensions hold of the new examples' variance is not asked: they are not chosen again.
  return { weights: { dimension, vectors, head, bias: parent.bias.slice() }, varianceExplained: Number.NaN };
}
