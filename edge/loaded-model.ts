import "./kernel.ts";
import { decodeModel } from "#model/codec.ts";
import { createExplainer, type Explainer } from "#model/explain.ts";
import { createReader } from "#model/reader.ts";
import { type Classifier, createClassifier } from "#model/score.ts";

/** A model in memory: what scores, and what says why. */
export interface LoadedModel {
  classify: Classifier["classify"];
  explainAll: Explainer["explainAll"];
}

/** @throws InputError where the bytes are no model, or one of another version of the features */
export function loadModel(bytes: Uint8Array): LoadedModel {
  const model = decodeModel(bytes);
  const reader = createReader(model);
  const { classify } = createClassifier(model, reader);
  const { explainAll } = createExplainer(model, reader);
  return { classify, explainAll };
}
