import { decodeModel } from "#model/codec.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import { type CompressionMeasures, measureCompression } from "./gate.ts";
import type { LabelledText } from "./problem.ts";

/** A model as it would be shipped, what it was compressed from, the model that serves now, and held-out queries. */
export interface ToMeasure {
  readonly model: Uint8Array;
  readonly original: Uint8Array;
  readonly current?: Uint8Array;
  readonly queries: readonly LabelledText[];
}

export interface Measured {
  readonly model: Evaluation;
  readonly current?: Evaluation;
  /** The model against its original. */
  readonly compression: CompressionMeasures;
}

/** Measures a model wherever this runs. Throws InputError for malformed bytes, other classes, and without queries. */
export function measure({ model: bytes, original, current, queries }: ToMeasure): Measured {
  const model = decodeModel(bytes);
  return {
    model: evaluate(model, queries),
    ...(current ? { current: evaluate(current, queries) } : {}),
    compression: measureCompression(decodeModel(original), model, queries),
  };
}
