import type { LadderRung } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import { decodeModel, encodeModel } from "#model/codec.ts";
import { MAX_CODE } from "#model/entropy.ts";
import type { Model } from "#model/model.ts";
import { pin, withoutPinned } from "#model/pinned.ts";
import { encodeCodebook } from "./codebook.ts";
import { rotate } from "./rotate.ts";

/**
 * Step of rung `coded` over the root mean square of the vectors' numbers. At the usual one nothing is lost on CLINC150's dev
 * split; finer ones than the least buy nothing, and beyond the most a smaller vocabulary is better.
 */
const USUAL_STEP = 0.7;
const LEAST_STEP = 0.4;
const MOST_STEP = 3;
/** Numbers below this part of a step become 0: Laplacian as they are, the bits are better spent on larger ones. */
const DEAD_ZONE = 0.6;
/** Bisections of the step: to 0.1% of its range. */
const ROUNDS = 10;

/**
 * A trained model on a rung of the ladder. `maxBytes` gives the finest step that fits on rung `coded`, and the narrowest sub-vectors
 * on rung `codebook`; the other rungs have their size. Features whose keys are `pinned` are stored as they are.
 * Throws InputError for malformed bytes, numbers beyond what the rung holds, and where the result is larger than `maxBytes`.
 */
export function compress(
  modelBytes: Uint8Array,
  rung: LadderRung,
  maxBytes = 0,
  pinned: ReadonlySet<number> = new Set(),
): Uint8Array {
  const model = decodeModel(modelBytes);
  return checked(ENCODE[rung](model, maxBytes, pinned), rung, maxBytes);
}

/** The bytes, if they can be read and are no more than asked for. */
function checked(bytes: Uint8Array, rung: LadderRung, maxBytes: number): Uint8Array {
  if (maxBytes > 0 && bytes.length > maxBytes) {
    throw new InputError(
      `the model takes ${bytes.length} bytes on rung ${rung}, more than ${maxBytes}`,
      "Train it with this limit, so that fewer features are kept, or allow more bytes.",
    );
  }
  decodeModel(bytes);
  return bytes;
}

const ENCODE: Readonly<
  Record<LadderRung, (model: Model, maxBytes: number, pinned: ReadonlySet<number>) => Uint8Array>
> = {
  float16: (model, _, pinned) => encodeModel(withPinned({ ...plain(model), rung: "float16" }, pinned)),
  int8: (model, _, pinned) => encodeModel(withPinned({ ...plain(model), rung: "int8" }, pinned)),
  codebook: (model, maxBytes, pinned) => encodeCodebook(withPinned(rotate(plain(model)), pinned), maxBytes),
  coded: (model, maxBytes, pinned) => encodeWithin(withPinned(rotate(plain(model)), pinned), maxBytes),
};

/** A model without what a rung added to it. */
function plain({ step: _step, codebook: _codebook, pinned: _pinned, ...model }: Model): Model {
  return model;
}

function withPinned(model: Model, pinned: ReadonlySet<number>): Model {
  const indices = Array.from(model.keys.keys()).filter((index) => pinned.has(model.keys[index] as number));
  return pin(model, Uint32Array.from(indices));
}

/** A rotated model at the usual step, or at the finest that fits. */
function encodeWithin(rotated: Model, maxBytes: number): Uint8Array {
  if (maxBytes === 0) return encodeCoded(rotated, USUAL_STEP);
  const finest = encodeCoded(rotated, LEAST_STEP);
  if (finest.length <= maxBytes) return finest;
  let [fine, coarse] = [LEAST_STEP, MOST_STEP];
  let fitting = encodeCoded(rotated, MOST_STEP);
  for (let round = 0; round < ROUNDS && fitting.length <= maxBytes; round += 1) {
    const middle = Math.sqrt(fine * coarse);
    const bytes = encodeCoded(rotated, middle);
    if (bytes.length <= maxBytes) [coarse, fitting] = [middle, bytes];
    else fine = middle;
  }
  return fitting;
}

/** Rung `coded` at a step, given over the root mean square of the vectors' numbers. The model must be rotated. */
export function encodeCoded(rotated: Model, relativeStep = USUAL_STEP): Uint8Array {
  const vectors = withoutPinned(rotated);
  const squares = vectors.reduce((sum, value) => sum + value * value, 0);
  const step = Math.fround(Math.sqrt(squares / Math.max(1, vectors.length)) * relativeStep) || 1;
  return encodeModel({ ...rotated, rung: "coded", step, vectors: vectors.map((value) => onGrid(value, step)) });
}

/** The whole multiple of `step` that rung `coded` stores for a number. */
export function onGrid(value: number, step: number): number {
  const steps = Math.abs(value) / step;
  return steps < DEAD_ZONE ? 0 : Math.sign(value) * Math.min(MAX_CODE, Math.max(1, Math.round(steps))) * step;
}
