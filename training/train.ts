import type { LadderRung, PriorityLearning, TrainingConfig } from "#contracts/config.ts";
import { InputError, NonFiniteError } from "#contracts/errors.ts";
import { encodeModel } from "#model/codec.ts";
import type { Model } from "#model/model.ts";
import { segmenterPrint } from "#model/segment.ts";
import { calibrate } from "./calibrate.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, fingerprint, type Position } from "./checkpoint.ts";
import { countRight } from "./early-stop.ts";
import { requireFinite } from "./finite.ts";
import { initialise, type Start, type Weights } from "./initialise.ts";
import { modelOf } from "./model-of.ts";
import { learnByPriority } from "./priority.ts";
import {
  balanced,
  buildProblem,
  buildVocabulary,
  classesOf,
  type Keep,
  type LabelledText,
  type Problem,
  rowsOf,
  type Vocabulary,
} from "./problem.ts";
import { keysWithin } from "./prune.ts";
import { createRandom } from "./random.ts";
import { settingsFor } from "./settings.ts";
import { labelUnjudged, type SoftLabels, softLabels, type Taught, type Teacher } from "./teacher.ts";
import { loadTrainer, type Trainer } from "./trainer.ts";
import { inherit, readParent, startFrom } from "./warm.ts";

export interface TrainInput {
  readonly examples: readonly LabelledText[];
  /** Held-out examples from which the probabilities are calibrated. */
  readonly dev?: readonly LabelledText[];
  /** Names of the classes in the order of their ids; without it those of the examples, see `classesOf`. */
  readonly classes?: readonly string[];
  readonly options: TrainingConfig;
  readonly seed: number;
  /** Opinions to learn from besides the labels; held-out examples never get any. */
  readonly teacher?: Teacher;
  /** An uncompressed model of the same classes to go on from, by `options.warm`. */
  readonly parent?: Uint8Array;
  /** What is learnt once more after the fit, where it is enabled. */
  readonly priority?: PriorityLearning;
  /** Bytes handed out by an earlier, broken-off run on the same input. */
  readonly checkpoint?: Uint8Array;
  /** Most bytes of the compressed model: trains twice, the second time on the features that matter most. */
  readonly maxBytes?: number;
  /** The rung that `maxBytes` is counted on; `coded` without it. */
  readonly rung?: LadderRung;
}

export interface Progress {
  readonly phase: "teacher" | "features" | "initialise" | "fit" | "calibrate";
  /** Epochs done, and in all, over every run and pass. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean cross-entropy of the last epoch in nats; absent before the first. */
  readonly loss?: number;
  readonly seconds: number;
  readonly etaSeconds?: number;
}

export interface TrainReport {
  readonly backend: Trainer["backend"];
  readonly examples: number;
  readonly classes: number;
  readonly features: number;
  readonly dimension: number;
  /** Share of variance that the dimensions hold (specification 3.2 `variance_retained`); NaN where they are a parent's. */
  readonly varianceExplained: number;
  readonly epochs: number;
  /** Epochs taken over from the checkpoint. */
  readonly resumedEpochs: number;
  readonly loss: number;
  readonly temperature: number;
  /** Of the teacher's out-of-fold answers to the training examples, the share whose first is the label; absent without a teacher. */
  readonly teacherTop1?: number;
  /** Queries learnt that the teacher labelled; absent where it was asked for none. */
  readonly taught?: number;
  /** Examples learnt once more, by lesson; absent without priority learning. */
  readonly lessons?: Readonly<Record<string, number>>;
  readonly seconds: number;
}

export interface TrainResult {
  /** An encoded float32 model. */
  readonly model: Uint8Array;
  /** What it learnt from besides the examples. */
  readonly taught: readonly Taught[];
  readonly report: TrainReport;
}

export interface TrainHooks {
  onProgress?(progress: Progress): void;
  /** Called at the end of each epoch with a function that makes the checkpoint's bytes. */
  onEpoch?(checkpoint: () => Uint8Array, progress: Progress): void;
}

/** Runs of the pass that only chooses features: their energies hardly differ between seeds. */
const CHOOSING_SOUPS = 1;

/** What a pass over the recipe is made from. */
interface Prepared extends Start {
  readonly vocabulary: Vocabulary;
  readonly problem: Problem;
}

/**
 * Trains a model: n-gram features, initial vectors from log-odds by PCA, stochastic gradient descent with feature dropout, the
 * average of several runs from the same start (Wortsman et al. 2022), each of which may be stopped by dev; temperature. Same input, same bytes, on one machine; going on from a
 * checkpoint gives the bytes of an unbroken run. Throws InputError where the input cannot be trained on.
 */
export async function train(input: TrainInput, hooks: TrainHooks = {}): Promise<TrainResult> {
  const { seed, maxBytes, rung = "coded" } = input;
  const began = performance.now();
  const classes = input.classes ?? classesOf(input.examples);
  checkInput(input, classes);
  const parent = input.parent && readParent(input.parent, classes);
  const trainer = await loadTrainer(input.options.backend);
  const run = fingerprint({ ...input, classes });
  if (input.teacher) hooks.onProgress?.({ phase: "teacher", epoch: 0, epochs: 0, seconds: 0 });
  const { examples, soft, taught } = learntFrom(input, classes);
  const options = settingsOf(input, examples.length, classes.length);
  const judged = input.examples.length;
  let resume = input.checkpoint && decodeCheckpoint(input.checkpoint, run);

  const soupsOf = maxBytes === undefined ? [options.soups] : [CHOOSING_SOUPS, options.soups];
  const epochs = soupsOf.reduce((sum, soups) => sum + soups * options.epochs, 0);
  const epochsBefore = ({ pass, soup, epoch }: Position): number =>
    (pass * CHOOSING_SOUPS + soup) * options.epochs + epoch;
  const resumedEpochs = resume ? epochsBefore(resume.position) : 0;
  let loss: number | undefined;
  function progress(phase: Progress["phase"], epoch: number, fitSeconds = 0): Progress {
    const seconds = (performance.now() - began) / 1000;
    const done = epoch - resumedEpochs;
    return {
      phase,
      epoch,
      epochs,
      seconds,
      ...(loss === undefined ? {} : { loss }),
      ...(done > 0 ? { etaSeconds: (fitSeconds / done) * (epochs - epoch) } : {}),
    };
  }

  let keep: Keep = resume ? { keys: resume.keys } : { count: options.maxFeatures };
  let maxDimension = options.max_dimension;
  // A parent's features stay, and with them how words are cut.
  const segmented = parent ? parent.segmenter !== undefined : options.segmenter;
  const segmenter = segmented ? segmenterPrint() : undefined;
  let prepared: Prepared;
  let weights: Weights;
  for (let pass = resume?.position.pass ?? 0; ; pass += 1) {
    const begunEpochs = epochsBefore({ pass, soup: 0, epoch: 0 });
    const soups = soupsOf[pass] as number;
    hooks.onProgress?.(progress("features", begunEpochs));
    const own = buildVocabulary(examples, keep, segmenter);
    const vocabulary = parent ? kept(inherit(own, parent, examples.length), keep) : own;
    const problem = { ...buildProblem(examples, classes, vocabulary), ...(soft ? { soft } : {}) };
    hooks.onProgress?.(progress("initialise", begunEpochs));
    const start = parent
      ? startFrom(parent, problem, vocabulary)
      : initialise(problem, maxDimension, options.min_variance_explained);
    prepared = { vocabulary, problem, ...start };
    const fitBegan = performance.now();
    const watched = options.patience > 0 ? (input.dev ?? []) : [];
    weights = await fitPass(
      prepared,
      {
        heldOut: buildProblem(watched, classes, vocabulary),
        trainer,
        options: { ...options, soups },
        seed,
        pass,
        resume,
      },
      (checkpoint, newLoss) => {
        loss = newLoss;
        const now = progress("fit", epochsBefore(checkpoint.position), (performance.now() - fitBegan) / 1000);
        hooks.onProgress?.(now);
        hooks.onEpoch?.(() => encodeCheckpoint(checkpoint, run), now);
      },
    );
    resume = undefined;
    if (maxBytes === undefined || pass === soupsOf.length - 1) break;
    const unpruned = toModel(prepared, weights, classes, judged, 1);
    keep = { keys: keysWithin(maxBytes, unpruned, vocabulary, rung) };
    // The budget was worked out for this dimension.
    maxDimension = weights.dimension;
  }

  const { priority } = input;
  const judgedRows = Int32Array.from({ length: judged }, (_, row) => row);
  const lessons = priority?.enabled
    ? await learnByPriority(weights, rowsOf(prepared.problem, judgedRows), priority, { ...options, trainer, seed })
    : undefined;
  hooks.onProgress?.(progress("calibrate", epochs));
  const temperature = calibrate(weights, buildProblem(input.dev ?? [], classes, prepared.vocabulary));
  const model = encodeModel(toModel(prepared, weights, classes, judged, temperature));
  const report: TrainReport = {
    backend: trainer.backend,
    examples: judged,
    classes: classes.length,
    features: prepared.problem.features,
    dimension: weights.dimension,
    varianceExplained: prepared.varianceExplained,
    epochs,
    resumedEpochs,
    loss: loss ?? Number.NaN,
    temperature,
    ...(soft ? { teacherTop1: soft.top1 } : {}),
    ...(input.teacher?.unjudged ? { taught: taught.length } : {}),
    ...(lessons ? { lessons } : {}),
    seconds: (performance.now() - began) / 1000,
  };
  return { model, report, taught };
}

/** All that is learnt from: the examples, and behind them what the teacher labelled; with the teacher's opinion of each. */
function learntFrom(
  { examples, teacher }: TrainInput,
  classes: readonly string[],
): { examples: readonly LabelledText[]; soft?: SoftLabels; taught: readonly Taught[] } {
  if (!teacher) return { examples, taught: [] };
  const soft = softLabels(examples, classes, teacher);
  if (!teacher.unjudged) return { examples, soft, taught: [] };
  const { taught, shares } = labelUnjudged(examples, classes, teacher, teacher.unjudged);
  const all = new Float32Array(soft.shares.length + shares.length);
  all.set(soft.shares);
  all.set(shares, soft.shares.length);
  return { examples: [...examples, ...taught], soft: { ...soft, shares: all }, taught };
}

/** The options as this input changes them: few examples ask for their own, a parent for fewer and smaller steps, a teacher for less dropout. */
const settingsOf = (
  { options, parent, teacher }: TrainInput,
  examples: number,
  classes: number,
): ReturnType<typeof settingsFor> => ({
  ...settingsFor(options, examples, classes),
  ...(parent ? options.warm : {}),
  ...(teacher?.dropout === undefined ? {} : { dropout: teacher.dropout }),
});

/** The vocabulary cut to listed keys; a count is a rule for new features, a parent's are kept. */
function kept(vocabulary: Vocabulary, keep: Keep): Vocabulary {
  if (!("keys" in keep)) return vocabulary;
  const wanted = new Set(keep.keys);
  const at = [...vocabulary.keys.keys()].filter((index) => wanted.has(vocabulary.keys[index] as number));
  return {
    ...vocabulary,
    keys: Uint32Array.from(at, (index) => vocabulary.keys[index] as number),
    documents: Uint32Array.from(at, (index) => vocabulary.documents[index] as number),
    idf: Float32Array.from(at, (index) => vocabulary.idf[index] as number),
  };
}

function checkInput({ examples, seed }: TrainInput, classes: readonly string[]): void {
  if (classes.length < 2) {
    throw new InputError(
      `${examples.length} examples name ${classes.length} classes`,
      "Give examples of at least 2 classes.",
    );
  }
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new InputError(`the seed is ${seed}`, "Give a whole number from 0 to 2^53 - 1.");
  }
  const light = examples.findIndex(({ weight = 1 }) => !(weight > 0 && weight < Number.POSITIVE_INFINITY));
  if (light >= 0) {
    throw new InputError(
      `example ${light + 1} has the weight ${examples[light]?.weight}`,
      "Weights are finite and above 0.",
    );
  }
}

interface FitSetting {
  /** What runs are stopped by; empty where they go to their end. */
  readonly heldOut: Problem;
  readonly trainer: Trainer;
  readonly options: ReturnType<typeof settingsFor>;
  readonly seed: number;
  readonly pass: number;
  readonly resume: Checkpoint | undefined;
}

/** One pass: every run of the soup from the same start, averaged. Random numbers depend on seed, pass, run and epoch alone. */
async function fitPass(
  { problem, vocabulary, weights: start }: Prepared,
  { heldOut, trainer, options, seed, pass, resume }: FitSetting,
  onEpoch: (checkpoint: Checkpoint, loss: number) => void,
): Promise<Weights> {
  const { epochs, soups, learningRate, dropout, labelSmoothing, patience } = options;
  const weighed = options.classWeights === "balanced" ? balanced(problem) : problem;
  const rateAt = (epoch: number): number => learningRate * (1 - epoch / epochs);
  let sum = resume?.sum;
  let weights = resume?.weights ?? copyOf(start);
  let best = resume?.best;
  for (let soup = resume?.position.soup ?? 0; soup < soups; soup += 1) {
    const first = soup === resume?.position.soup ? resume.position.epoch : 0;
    if (soup > 0 && soup !== resume?.position.soup) weights = copyOf(start);
    for (let epoch = first; epoch < epochs && !(best && epoch - best.epoch >= patience); epoch += 1) {
      const random = createRandom(seed, pass, soup, epoch);
      const rates = { rateFrom: rateAt(epoch), rateTo: rateAt(epoch + 1) };
      const loss = await trainer.fitEpoch(weights, weighed, { ...rates, dropout, labelSmoothing, random });
      if (!Number.isFinite(loss)) {
        throw new NonFiniteError(`the loss of epoch ${epoch + 1} is ${loss}: the fit diverged`, "Lower learningRate.");
      }
      const right = heldOut.size > 0 ? countRight(weights, heldOut) : undefined;
      if (right !== undefined && right > (best?.right ?? -1))
        best = { epoch: epoch + 1, right, weights: copyOf(weights) };
      requireFinite(weights, `epoch ${epoch + 1}`, "Lower learningRate.");
      onEpoch({ position: { pass, soup, epoch: epoch + 1 }, keys: vocabulary.keys, weights, sum, best }, loss);
    }
    if (best) weights = best.weights;
    best = undefined;
    if (soups > 1) sum = sum ? combine(sum, weights, (a, b) => a + b) : copyOf(weights);
  }
  return sum ? combine(sum, sum, (a) => a / soups) : weights;
}

const copyOf = ({ dimension, vectors, head, bias }: Weights): Weights => ({
  dimension,
  vectors: vectors.slice(),
  head: head.slice(),
  bias: bias.slice(),
});

function combine(a: Weights, b: Weights, operate: (a: number, b: number) => number): Weights {
  const each = (left: Float32Array, right: Float32Array) =>
    left.map((value, at) => operate(value, right[at] as number));
  return {
    dimension: a.dimension,
    vectors: each(a.vectors, b.vectors),
    head: each(a.head, b.head),
    bias: each(a.bias, b.bias),
  };
}

function toModel(
  { vocabulary, problem }: Prepared,
  weights: Weights,
  classes: readonly string[],
  /** How many rows count for the prior, the first. */
  judged: number,
  temperature: number,
): Model {
  const masses = new Float64Array(classes.length);
  for (const [row, target] of problem.targets.subarray(0, judged).entries())
    masses[target] = (masses[target] as number) + (problem.weights[row] as number);
  return modelOf(vocabulary, weights, classes, masses, temperature);
}
