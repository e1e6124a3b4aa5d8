import util from "node:util";
import type { Weights } from "./initialise.ts";
import { type Problem, writeWanted } from "./problem.ts";
import { shuffled } from "./random.ts";
import type { Epoch, Trainer } from "./trainer.ts";

/** The few calls of TensorFlow.js used here; its own types are absent where the package is. */
export interface Tensorflow {
  tensor2d(values: Float32Array, shape: [number, number]): Tensor;
  tensor1d(values: Float32Array): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  softmax(logits: Tensor): Tensor;
  tidy<T>(work: () => T): T;
  keep(tensor: Tensor): Tensor;
}
interface Tensor {
  add(other: Tensor): Tensor;
  sub(other: Tensor): Tensor;
  mul(other: Tensor | number): Tensor;
  sum(axis: number): Tensor;
  dataSync(): Float32Array;
  dispose(): void;
}

const BATCH = 8;

/** The trainer on `@tensorflow/tfjs-node`, or nothing where that cannot be loaded. */
export async function loadTensorflowTrainer(): Promise<Trainer | undefined> {
  // Not a literal, so that neither compiler nor bundler looks for a package that may be absent.
  const packageName: string = "@tensorflow/tfjs-node";
  // tfjs-node 4.22 calls this function of Node's, which Node 22 warns of and Node 23 no longer has.
  Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });
  try {
    const loaded = (await import(packageName)) as { default: Tensorflow };
    return createTensorflowTrainer(loaded.default);
  } catch {
    return undefined;
  }
}

/**
 * Gradient descent in small batches: TensorFlow does the dense head, while the vectors, of which a batch touches few, are gathered
 * and moved in typed arrays (a dense gradient over the whole vocabulary takes many times as long).
 */
function createTensorflowTrainer(tf: Tensorflow): Trainer {
  return {
    backend: "tfjs-node",
    fitEpoch: (weights, problem, epoch) => Promise.resolve(fitEpoch(tf, weights, problem, epoch)),
  };
}

function fitEpoch(tf: Tensorflow, weights: Weights, problem: Problem, epoch: Epoch): number {
  const { dimension, vectors } = weights;
  const { size, classes, targets } = problem;
  const order = shuffled(size, epoch.random);
  let head = tf.tensor2d(weights.head, [classes, dimension]);
  let bias = tf.tensor1d(weights.bias);
  let losses = 0;
  let weightSum = 0;

  for (let first = 0; first < size; first += BATCH) {
    const rows = order.subarray(first, first + BATCH);
    const rate = epoch.rateFrom + ((epoch.rateTo - epoch.rateFrom) * first) / size;
    const batch = gather(weights, problem, rows, epoch);
    const wanted = new Float32Array(rows.length * classes);
    const pace = new Float32Array(rows.length);
    for (const [row, example] of rows.entries()) {
      writeWanted(problem, example, epoch.labelSmoothing, wanted.subarray(row * classes, (row + 1) * classes));
      pace[row] = rate * (problem.weights[example] as number);
    }
    const step = tf.tidy(() => {
      const hidden = tf.tensor2d(batch.hidden, [rows.length, dimension]);
      const chances = tf.softmax(tf.matMul(hidden, head, false, true).add(bias));
      const moves = chances.sub(tf.tensor2d(wanted, [rows.length, classes])).mul(tf.tensor2d(pace, [rows.length, 1]));
      return {
        chances: chances.dataSync(),
        back: tf.matMul(moves, head).dataSync(),
        head: tf.keep(head.sub(tf.matMul(moves, hidden, true, false))),
        bias: tf.keep(bias.sub(moves.sum(0))),
      };
    });
    head.dispose();
    bias.dispose();
    ({ head, bias } = step);

    for (const [row, example] of rows.entries()) {
      const weight = problem.weights[example] as number;
      losses -= weight * Math.log(step.chances[row * classes + (targets[example] as number)] as number);
      weightSum += weight;
    }
    for (const { row, feature, amount } of batch.kept) {
      for (let d = 0; d < dimension; d += 1) {
        const at = feature * dimension + d;
        vectors[at] = (vectors[at] as number) - amount * (step.back[row * dimension + d] as number);
      }
    }
  }
  weights.head.set(head.dataSync());
  weights.bias.set(bias.dataSync());
  head.dispose();
  bias.dispose();
  return losses / weightSum;
}

/** Sums the vectors of each row's features that dropout leaves. */
function gather({ dimension, vectors }: Weights, problem: Problem, rows: Int32Array, { dropout, random }: Epoch) {
  const { offsets, indices, values } = problem;
  const hidden = new Float32Array(rows.length * dimension);
  const kept: { row: number; feature: number; amount: number }[] = [];
  for (const [row, example] of rows.entries()) {
    for (let at = offsets[example] as number; at < (offsets[example + 1] as number); at += 1) {
      if (dropout > 0 && random.next() < dropout) continue;
      const feature = indices[at] as number;
      const amount = (values[at] as number) / (1 - dropout);
      kept.push({ row, feature, amount });
      for (let d = 0; d < dimension; d += 1) {
        const cell = row * dimension + d;
        hidden[cell] = (hidden[cell] as number) + amount * (vectors[feature * dimension + d] as number);
      }
    }
  }
  return { hidden, kept };
}
