import type { LadderRung, TrainingConfig } from "#contracts/config.ts";
import type { Example } from "#contracts/example.ts";
import { encodeModel } from "#model/codec.ts";
import { createExtractor } from "#model/features.ts";
import { normalise } from "#model/normalise.ts";
import { segmenterPrint } from "#model/segment.ts";
import { calibrate } from "./calibrate.ts";
import { requireFinite } from "./finite.ts";
import { createFrequencies } from "./frequencies.ts";
import { initialise, type Start } from "./initialise.ts";
import { modelOf } from "./model-of.ts";
import { buildProblem, type Vocabulary } from "./problem.ts";
import { keysWithin } from "./prune.ts";
import { createRandom, type Random, shuffled } from "./random.ts";
import type { Progress, TrainResult } from "./train.ts";
import { loadTrainer, type Trainer } from "./trainer.ts";

/** Examples that need not fit in memory: numbered batches, each read as often as it is asked for. */
export interface Source {
  readonly classes: readonly string[];
  readonly batches: number;
  read(batch: number): Promise<Example[]>;
}

export interface StreamInput {
  readonly source: Source;
  readonly options: TrainingConfig;
  readonly seed: number;
  readonly maxBytes?: number;
  readonly rung?: LadderRung;
}

/** Batches mixed with one another: from places drawn at random, so that a file sorted by class does no harm. */
const MIXED = 16;
/** Examples that the initial vectors are made from, and held-out ones that the temperature is. */
const SAMPLE = 50_000;
/** Features that are counted at a time, and kept where the options keep all: what bounds the memory. */
const MOST_COUNTED = 1_000_000;
const MOST_FEATURES = 250_000;
/** Epochs of the pass that only chooses features. */
const CHOOSING_EPOCHS = 1;

interface Surveyed {
  readonly vocabulary: Vocabulary;
  readonly examples: number;
  /** Sum of weights of each class. */
  readonly masses: Float64Array;
  readonly sample: readonly Example[];
  readonly heldOut: readonly Example[];
}

/**
 * `train` for examples that do not fit in memory: one pass counts features and draws a sample, from which the initial vectors are
 * made, and each epoch is a pass more, in an order of its own. Memory is bounded by vocabulary, sample and a few batches. Examples
 * of the split `train` are learnt, those of `dev` calibrate. Same source, options and seed, same bytes. Soups, teacher, parent and
 * checkpoints are `train`'s alone. Throws InputError where there is nothing to learn, NonFiniteError where the fit diverges.
 */
export async function trainStream(
  { source, options, seed, maxBytes, rung = "coded" }: StreamInput,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<TrainResult> {
  const began = performance.now();
  const trainer = await loadTrainer(options.backend);
  const epochsOf = maxBytes === undefined ? [options.epochs] : [CHOOSING_EPOCHS, options.epochs];
  const epochs = epochsOf.reduce((sum, own) => sum + own, 0);
  let epoch = 0;
  let loss: number | undefined;
  let fitBegan = began;
  const tell = (phase: Progress["phase"]): void => {
    const now = performance.now();
    const etaSeconds = epoch > 0 ? (((now - fitBegan) / epoch) * (epochs - epoch)) / 1000 : undefined;
    onProgress({
      phase,
      epoch,
      epochs,
      seconds: (now - began) / 1000,
      ...(loss === undefined ? {} : { loss }),
      ...(etaSeconds === undefined ? {} : { etaSeconds }),
    });
  };

  tell("features");
  const surveyed = await survey(source, options, seed);
  const { classes } = source;
  let { vocabulary } = surveyed;
  let start: Start;
  for (let pass = 0; ; pass += 1) {
    tell("initialise");
    const sample = buildProblem(surveyed.sample, classes, vocabulary);
    start = initialise(sample, options.max_dimension, options.min_variance_explained);
    if (pass === 0) fitBegan = performance.now();
    const own = epochsOf[pass] as number;
    for (let done = 0; done < own; done += 1) {
      const rates = {
        from: options.learningRate * (1 - done / own),
        to: options.learningRate * (1 - (done + 1) / own),
      };
      loss = await streamEpoch(start, vocabulary, {
        source,
        options,
        trainer,
        random: createRandom(seed, pass, done),
        rates,
      });
      requireFinite(start.weights, `epoch ${done + 1}`, "Lower learningRate.");
      epoch += 1;
      tell("fit");
    }
    if (maxBytes === undefined || pass > 0) break;
    const whole = modelOf(vocabulary, start.weights, classes, surveyed.masses, 1);
    vocabulary = only(vocabulary, keysWithin(maxBytes, whole, vocabulary, rung));
  }
  tell("calibrate");
  const temperature = calibrate(start.weights, buildProblem(surveyed.heldOut, classes, vocabulary));
  return {
    model: encodeModel(modelOf(vocabulary, start.weights, classes, surveyed.masses, temperature)),
    taught: [],
    report: {
      backend: trainer.backend,
      examples: surveyed.examples,
      classes: classes.length,
      features: vocabulary.keys.length,
      dimension: start.weights.dimension,
      varianceExplained: start.varianceExplained,
      epochs,
      resumedEpochs: 0,
      loss: loss ?? Number.NaN,
      temperature,
      seconds: (performance.now() - began) / 1000,
    },
  };
}

/** One look at every example: features by frequency, class weights, and uniform samples (reservoirs, Vitter 1985, algorithm R). */
async function survey(source: Source, options: TrainingConfig, seed: number): Promise<Surveyed> {
  const { extract } = createExtractor(options.segmenter);
  const frequencies = createFrequencies(MOST_COUNTED);
  const sample = reservoir<Example>(SAMPLE, createRandom(seed, 1));
  const heldOut = reservoir<Example>(SAMPLE, createRandom(seed, 2));
  const indexOf = new Map(source.classes.map((name, index) => [name, index]));
  const masses = new Float64Array(source.classes.length);
  for (let batch = 0; batch < source.batches; batch += 1) {
    for (const example of await source.read(batch)) {
      if (example.split === "dev") heldOut.add(example);
      if (example.split !== "train") continue;
      sample.add(example);
      const ngrams = extract(normalise(example.text));
      for (let entry = 0; entry < ngrams.length; entry += 1) frequencies.add(ngrams.keys[entry] as number);
      const k = indexOf.get(example.label);
      // A label that is no class is refused when the sample becomes a problem, or its batch does.
      if (k !== undefined) masses[k] = (masses[k] as number) + example.weight;
    }
  }
  const { keys, counts } = frequencies.most(options.maxFeatures || MOST_FEATURES);
  const examples = sample.seen();
  const idf = Float32Array.from(counts, (count) => Math.log((1 + examples) / (1 + count)) + 1);
  return {
    vocabulary: { keys, documents: counts, idf, ...(options.segmenter ? { segmenter: segmenterPrint() } : {}) },
    examples,
    masses,
    sample: sample.kept(),
    heldOut: heldOut.kept(),
  };
}

function reservoir<T>(most: number, random: Random) {
  const kept: T[] = [];
  let seen = 0;
  return {
    add(one: T): void {
      seen += 1;
      if (kept.length < most) {
        kept.push(one);
        return;
      }
      const place = Math.floor(random.next() * seen);
      if (place < most) kept[place] = one;
    },
    seen: () => seen,
    kept: (): readonly T[] => kept,
  };
}

interface EpochSetting {
  readonly source: Source;
  readonly options: TrainingConfig;
  readonly trainer: Trainer;
  readonly random: Random;
  readonly rates: { readonly from: number; readonly to: number };
}

/** One pass over the source, `MIXED` batches at a time, each group shuffled as a whole by the trainer; mean loss over its examples. */
async function streamEpoch({ weights }: Start, vocabulary: Vocabulary, setting: EpochSetting): Promise<number> {
  const { source, options, trainer, random, rates } = setting;
  const { dropout, labelSmoothing } = options;
  const order = shuffled(source.batches, random);
  const rateAt = (done: number): number => rates.from + ((rates.to - rates.from) * done) / order.length;
  let losses = 0;
  let mass = 0;
  for (let first = 0; first < order.length; first += MIXED) {
    const last = Math.min(first + MIXED, order.length);
    const examples: Example[] = [];
    for (const batch of order.subarray(first, last))
      for (const example of await source.read(batch)) if (example.split === "train") examples.push(example);
    if (examples.length === 0) continue;
    const problem = buildProblem(examples, source.classes, vocabulary);
    const own = problem.weights.reduce((sum, weight) => sum + weight, 0);
    const steps = { rateFrom: rateAt(first), rateTo: rateAt(last), dropout, labelSmoothing, random };
    losses += own * (await trainer.fitEpoch(weights, problem, steps));
    mass += own;
  }
  return losses / mass;
}

/** The vocabulary with these keys alone, which it holds. */
function only(vocabulary: Vocabulary, wanted: Uint32Array): Vocabulary {
  const { keys, documents, idf } = vocabulary;
  const indexOf = new Map([...keys].map((key, at) => [key, at]));
  const at = [...wanted].map((key) => indexOf.get(key) as number);
  return {
    ...vocabulary,
    keys: wanted,
    documents: Uint32Array.from(at, (index) => documents[index] as number),
    idf: Float32Array.from(at, (index) => idf[index] as number),
  };
}
