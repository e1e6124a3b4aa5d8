import { InputError } from "#contracts/errors.ts";
import { encodeModel } from "#model/codec.ts";
import type { Model } from "#model/model.ts";
import type { Weights } from "./initialise.ts";
import type { Vocabulary } from "./problem.ts";

/** A header names the vocabulary's size in at most so many more bytes than 0 takes, and sections end at multiples of 8. */
const SLACK = 64;

/** How many features a float16 model may have to fit in `maxBytes`. Throws InputError where not one fits. */
export function featuresWithin(maxBytes: number, model: Model): number {
  const none = { keys: new Uint32Array(), idf: new Float32Array(), vectors: new Float32Array() };
  const rest = encodeModel({ ...model, ...none, rung: "float16" }).length + SLACK;
  const features = Math.floor((maxBytes - rest) / (4 + 4 + 2 * model.dimension));
  if (features < 1) {
    throw new InputError(
      `${maxBytes} bytes hold no feature: classes and head alone take ${rest}`,
      "Allow more bytes, or fewer dimensions.",
    );
  }
  return features;
}

/**
 * Keys of the `count` features of most energy, which is the number of examples times the squared length of the vector. To be used
 * for a second training: cutting a trained model down to them is far worse.
 */
export function mostEnergetic(
  { keys, documents }: Vocabulary,
  { vectors, dimension }: Weights,
  count: number,
): Uint32Array {
  const energy = Float64Array.from(documents, (number, feature) => {
    let squares = 0;
    for (let at = feature * dimension; at < (feature + 1) * dimension; at += 1) squares += (vectors[at] as number) ** 2;
    return number * squares;
  });
  const order = [...keys.keys()].sort((a, b) => (energy[b] as number) - (energy[a] as number) || a - b);
  return Uint32Array.from(order.slice(0, count), (feature) => keys[feature] as number).sort();
}
