import "./kernel.ts";
import { decodeModel } from "#model/codec.ts";
import { createExplainer, type Explainer } from "#model/explain.ts";
import type { Model } from "#model/model.ts";
import { createReader } from "#model/reader.ts";
import { type Classifier, createClassifier } from "#model/score.ts";

/** A model in memory: what scores, and what says why. */
export interface LoadedModel {
  classify: Classifier["classify"];
  explainAll: Explainer["explainAll"];
  /** What it takes in memory, about. */
  bytes: number;
}

/** Its arrays, and the table by which keys are found: up to four slots of 4 bytes a key. */
const bytesOf = ({ keys, idf, vectors, head, bias, prior }: Model): number =>
  [keys, idf, vectors, head, bias, prior].reduce((sum, { byteLength }) => sum + byteLength, 4 * keys.byteLength);

/** @throws InputError where the bytes are no model, or one of another version of the features */
export function loadModel(bytes: Uint8Array): LoadedModel {
  const model = decodeModel(bytes);
  const reader = createReader(model);
  const { classify } = createClassifier(model, reader);
  const { explainAll } = createExplainer(model, reader);
  return { classify, explainAll, bytes: bytesOf(model) };
}
