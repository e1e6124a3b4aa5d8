import { InputError } from "#contracts/errors.ts";
import { decodeModel, encodeModel } from "#model/codec.ts";
import type { Model } from "#model/model.ts";
import { compress, onGrid } from "./compress.ts";
import { evaluate } from "./evaluate.ts";
import { jsTrainer } from "./fit-js.ts";
import { buildProblem, type LabelledText, type Problem } from "./problem.ts";
import { createRandom, shuffled } from "./random.ts";
import { rotate } from "./rotate.ts";

/** Learning rate of the first step over 1 / E|h|^2 of the texts' vectors; chosen, with dropout, on CLINC150's dev split. */
const RATE = 0.5;
const DROPOUT = 0.3;
/** Examples after which the table is rounded again. */
const CHUNK = 64;
/** Tells the random numbers of this fit from those of training. */
const PURPOSE = 0x4ef17;

export interface RefitOptions {
  readonly examples: readonly LabelledText[];
  readonly epochs: number;
  readonly seed: number;
}

/**
 * Fits a model again as rung `coded` would store it, by the straight-through estimator (Bengio et al. 2013): steps are taken on the rounded
 * vectors, and what they move is added to the ones behind, from which the table is rounded anew. Table and head move;
 * biases stay, by which the gate knows what a model was made from. Steps are shorter where text vectors are longer, since the
 * head moves by the vector's length and the answer by its square. `step` is that of the rung.
 * Returns the moved model as float32 bytes, rotated, to be compressed.
 */
export async function refit(modelBytes: Uint8Array, step: number, options: RefitOptions): Promise<Uint8Array> {
  const { examples, epochs, seed } = options;
  if (!(step > 0)) throw new InputError(`the step is ${step}`, "Give the step of a model on rung coded.");
  const model = rotate(decodeModel(modelBytes));
  const problem = buildProblem(examples, model.classes, model);
  const behind = model.vectors.slice();
  const rounded = behind.map((value) => onGrid(value, step));
  const weights = {
    dimension: model.dimension,
    vectors: rounded.slice(),
    head: model.head.slice(),
    bias: model.bias.slice(),
  };
  const rate = RATE / meanSquaredLength(model, problem);
  const steps = epochs * problem.size;
  const rateAfter = (done: number): number => rate * (1 - done / steps);
  for (let epoch = 0, done = 0; epoch < epochs; epoch += 1) {
    const random = createRandom(seed, PURPOSE, epoch);
    const order = shuffled(problem.size, random);
    for (let at = 0; at < order.length; at += CHUNK) {
      const chunk = rowsOf(problem, order.subarray(at, at + CHUNK));
      const rates = { rateFrom: rateAfter(done), rateTo: rateAfter(done + chunk.size) };
      await jsTrainer.fitEpoch(weights, chunk, { ...rates, dropout: DROPOUT, labelSmoothing: 0, random });
      done += chunk.size;
      weights.bias.set(model.bias);
      settle(behind, rounded, weights.vectors, step);
    }
  }
  return encodeModel({ ...model, vectors: behind, head: weights.head });
}

/**
 * A model on rung `coded`, fitted again where `maxBytes` is at most `below` and it then answers more dev queries right; else as it is. Throws
 * as `compress` does.
 */
export async function refitWhereBetter(
  modelBytes: Uint8Array,
  coded: Uint8Array,
  options: RefitOptions & {
    readonly below: number;
    readonly maxBytes: number;
    readonly pinned: ReadonlySet<number>;
    readonly dev: readonly LabelledText[];
  },
): Promise<Uint8Array> {
  const { below, maxBytes, pinned, dev } = options;
  const { step } = decodeModel(coded);
  if (maxBytes === 0 || maxBytes > below || dev.length === 0 || step === undefined) return coded;
  const again = compress(await refit(modelBytes, step, options), "coded", maxBytes, pinned);
  return evaluate(again, dev).top1.value > evaluate(coded, dev).top1.value ? again : coded;
}

/** Adds what moved to the numbers behind, and rounds those again. */
function settle(behind: Float32Array, rounded: Float32Array, moved: Float32Array, step: number): void {
  for (let at = 0; at < moved.length; at += 1) {
    const move = (moved[at] as number) - (rounded[at] as number);
    if (move === 0) continue;
    behind[at] = (behind[at] as number) + move;
    rounded[at] = onGrid(behind[at] as number, step);
    moved[at] = rounded[at] as number;
  }
}

/** These rows of a problem. */
function rowsOf(problem: Problem, rows: Int32Array): Problem {
  const offsets = new Int32Array(rows.length + 1);
  for (const [at, row] of rows.entries())
    offsets[at + 1] = (offsets[at] as number) + (problem.offsets[row + 1] as number) - (problem.offsets[row] as number);
  const indices = new Int32Array(offsets[rows.length] as number);
  const values = new Float32Array(indices.length);
  for (const [at, row] of rows.entries()) {
    const range = [problem.offsets[row], problem.offsets[row + 1]] as const;
    indices.set(problem.indices.subarray(...range), offsets[at]);
    values.set(problem.values.subarray(...range), offsets[at]);
  }
  const targets = Int32Array.from(rows, (row) => problem.targets[row] as number);
  const weights = Float32Array.from(rows, (row) => problem.weights[row] as number);
  return { ...problem, size: rows.length, offsets, indices, values, targets, weights };
}

/** Mean of |h|^2 over the examples. */
function meanSquaredLength({ vectors, dimension }: Model, { size, offsets, indices, values }: Problem): number {
  let squares = 0;
  const hidden = new Float64Array(dimension);
  for (let row = 0; row < size; row += 1) {
    hidden.fill(0);
    for (let at = offsets[row] as number; at < (offsets[row + 1] as number); at += 1) {
      const from = (indices[at] as number) * dimension;
      for (let d = 0; d < dimension; d += 1)
        hidden[d] = (hidden[d] as number) + (values[at] as number) * (vectors[from + d] as number);
    }
    for (let d = 0; d < dimension; d += 1) squares += (hidden[d] as number) ** 2;
  }
  return squares / size;
}
