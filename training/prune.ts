import type { LadderRung } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import { encodeModel } from "#model/codec.ts";
import type { Model } from "#model/model.ts";
import { codebookBytes } from "./codebook.ts";
import { encodeCoded } from "./compress.ts";
import type { Weights } from "./initialise.ts";
import type { Vocabulary } from "./problem.ts";
import { rotate } from "./rotate.ts";

/** A header names numbers in at most so many more bytes once the model is trained again and calibrated. */
const SLACK = 64;
/** The number of features is found to this part of itself. */
const PRECISION = 1 / 64;

/**
 * Keys of the features to train on again, so that the model fits in `maxBytes` on a rung: as many as fit of those with most energy,
 * which is the number of examples times the squared length of the vector. Cutting a trained model down to them, without training
 * again, is far worse. Throws InputError where not one fits.
 */
export function keysWithin(
  maxBytes: number,
  model: Model,
  { documents }: Pick<Vocabulary, "documents">,
  rung: LadderRung,
): Uint32Array {
  const order = byEnergy(documents, model);
  const turned = rung === "coded" ? rotate(model) : model;
  const size = (count: number): number => SIZE[rung](keep(turned, order.slice(0, count).sort())) + SLACK;
  let fitting = 0;
  let beyond = order.length + 1;
  for (let count = order.length; beyond - fitting > Math.max(1, fitting * PRECISION); ) {
    if (size(count) <= maxBytes) fitting = count;
    else beyond = count;
    count = (fitting + beyond) >> 1;
  }
  if (fitting === 0) {
    throw new InputError(
      `${maxBytes} bytes hold no feature: classes and head alone take ${size(0)}`,
      "Allow more bytes, or fewer dimensions.",
    );
  }
  return Uint32Array.from(order.slice(0, fitting), (feature) => model.keys[feature] as number).sort();
}

/** How large a model is on a rung, at the usual step or width. */
const SIZE: Readonly<Record<LadderRung, (model: Model) => number>> = {
  float16: (model) => encodeModel({ ...model, rung: "float16" }).length,
  int8: (model) => encodeModel({ ...model, rung: "int8" }).length,
  codebook: (model) => codebookBytes(model),
  coded: (rotated) => encodeCoded(rotated).length,
};

/** Indices of the features, the most energetic first. */
export function byEnergy(
  documents: Uint32Array,
  { vectors, dimension }: Pick<Weights, "vectors" | "dimension">,
): Uint32Array {
  const energy = Float64Array.from(documents, (number, feature) => {
    let squares = 0;
    for (let at = feature * dimension; at < (feature + 1) * dimension; at += 1) squares += (vectors[at] as number) ** 2;
    return number * squares;
  });
  return Uint32Array.from(energy.keys()).sort((a, b) => (energy[b] as number) - (energy[a] as number) || a - b);
}

/** The model with these features alone, given by ascending index. */
function keep(model: Model, features: Uint32Array): Model {
  const { dimension, keys, idf, vectors } = model;
  const kept = new Float32Array(features.length * dimension);
  for (const [at, feature] of features.entries())
    kept.set(vectors.subarray(feature * dimension, (feature + 1) * dimension), at * dimension);
  return {
    ...model,
    keys: Uint32Array.from(features, (feature) => keys[feature] as number),
    idf: Float32Array.from(features, (feature) => idf[feature] as number),
    vectors: kept,
  };
}
