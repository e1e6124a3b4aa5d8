import { CENTRES, type Codebook, fromCodebook } from "./codebook.ts";
import { createExtractor, FEATURES_VERSION } from "./features.ts";
import { detectLanguage } from "./language.ts";
import type { Model, Rung } from "./model.ts";
import { NORMALISER_VERSION, normalise } from "./normalise.ts";
import { overlay, type Pinned } from "./pinned.ts";
import type { Classifier, Path } from "./score.ts";

/** What a text must give, to the last bit, wherever this code runs; `golden.json` holds a list of them. */
export interface GoldenAnswer {
  readonly text: string;
  readonly normalised: string;
  readonly lang: string;
  readonly path: Path;
  readonly operations: number;
  /** Ids from the best to the worst, and the float32 bits of their scores in hex. */
  readonly ids: readonly number[];
  readonly scores: string;
}

const DIMENSION = 6;
const CLASSES = ["乾", "坤", "屯", "go forward", "turn back", "前进", "退后", "other"];
const KNOWN = [
  "転職するか迷っている。今の会社は好きだけど、将来が不安です",
  "彼氏と別れたいのに言い出せない、スマホを見るのも怖い",
  "should i quit my job or wait, i don't know what to do next",
  "她不知道该不该搬家，工作压力很大",
  "テストに落ちた😭 もう一度だけ頑張る",
];

/**
 * A tiny model made without training: the n-grams of five texts with vectors from a linear congruential generator, in whole
 * multiples of 2^-12. The same everywhere, so that only scoring can differ.
 */
export function goldenModel(): Model {
  const { extract } = createExtractor();
  const distinct = new Set<number>();
  for (const text of KNOWN) {
    const ngrams = extract(normalise(text));
    for (const key of ngrams.keys.subarray(0, ngrams.length)) distinct.add(key);
  }
  const keys = Uint32Array.from(distinct).sort();
  let state = 384;
  const draw = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 19) / 4096 - 1;
  };
  const drawMany = (length: number) => Float32Array.from({ length }, draw);
  return {
    schema: 1,
    rung: "float32",
    normaliser: NORMALISER_VERSION,
    features: FEATURES_VERSION,
    classes: CLASSES,
    dimension: DIMENSION,
    keys,
    idf: drawMany(keys.length).map((value) => value + 3),
    vectors: drawMany(keys.length * DIMENSION),
    head: drawMany(CLASSES.length * DIMENSION),
    bias: drawMany(CLASSES.length),
    prior: Float32Array.from(CLASSES, (_, index) => (index + 1) / 36),
    temperature: 0.75,
  };
}

/** Step of the golden model on rung `coded`: its vectors' numbers lie in [-1, 1). */
const STEP = 2 ** -5;

/** The golden model on each rung, as it is before it is encoded. */
export const goldenRungs = (): Readonly<Record<Rung, Model>> => {
  const model = goldenModel();
  const vectors = model.vectors.map((value) => Math.round(value / STEP) * STEP);
  return {
    float32: model,
    float16: { ...model, rung: "float16" },
    int8: { ...model, rung: "int8" },
    codebook: inCodebook(model),
    coded: { ...model, rung: "coded", step: STEP, vectors },
  };
};

/** The golden model put together from centres that nobody chose, with sub-vectors of 4 and of 2 numbers and two features pinned. */
function inCodebook(model: Model): Model {
  const rows = model.keys.length;
  const codebook: Codebook = {
    width: 4,
    scales: Float32Array.of(2 ** -7, 2 ** -8),
    centres: Int8Array.from({ length: CENTRES * DIMENSION }, (_, at) => ((at * 37) % 255) - 127),
    codes: Uint8Array.from({ length: rows * 2 }, (_, at) => (at * 89) % CENTRES),
  };
  const pinned: Pinned = {
    indices: Uint32Array.of(1, rows - 1),
    idf: Float32Array.of(1.3, 2.7),
    vectors: Float32Array.from({ length: 2 * DIMENSION }, (_, at) => at / 7),
  };
  const stored = { idf: model.idf, vectors: fromCodebook(codebook, rows, DIMENSION) };
  return { ...model, rung: "codebook", ...overlay(stored, pinned, DIMENSION), codebook, pinned };
}

/** An encoded model as this or an earlier version wrote it, in base64, with answers; `golden-rungs.json` holds one a rung. */
export interface GoldenBytes {
  readonly rung: Rung;
  readonly bytes: string;
  readonly answers: readonly GoldenAnswer[];
}

/** What a classifier gives for a text, in the form kept in `golden.json`. */
export function goldenAnswer(classifier: Classifier, text: string): GoldenAnswer {
  const { predictions, path, operations } = classifier.classify(text, { top: CLASSES.length });
  const scores = Float32Array.from(predictions, ({ score }) => score);
  return {
    text,
    normalised: normalise(text),
    lang: detectLanguage(text),
    path,
    operations,
    ids: predictions.map(({ id }) => id),
    scores: [...new Uint32Array(scores.buffer)].map((bits) => bits.toString(16).padStart(8, "0")).join(" "),
  };
}
