import { FEATURES_VERSION, SEGMENTED_VERSION } from "#model/features.ts";
import type { Model } from "#model/model.ts";
import { NORMALISER_VERSION } from "#model/normalise.ts";
import type { Weights } from "./initialise.ts";
import type { Vocabulary } from "./problem.ts";

/** The float32 model of fitted weights; `masses` are the training weights of the classes, whose shares are the prior. */
export function modelOf(
  { keys, idf, segmenter }: Pick<Vocabulary, "keys" | "idf" | "segmenter">,
  weights: Weights,
  classes: readonly string[],
  masses: Float64Array,
  temperature: number,
): Model {
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  return {
    schema: 1,
    rung: "float32",
    normaliser: NORMALISER_VERSION,
    ...(segmenter === undefined ? { features: FEATURES_VERSION } : { features: SEGMENTED_VERSION, segmenter }),
    classes,
    dimension: weights.dimension,
    keys,
    idf,
    vectors: weights.vectors,
    head: weights.head,
    bias: weights.bias,
    prior: Float32Array.from(masses, (mass) => mass / total),
    temperature,
  };
}
