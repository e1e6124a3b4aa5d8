import { InputError } from "#contracts/errors.ts";
import type { Example } from "#contracts/example.ts";
import { createExtractor } from "#model/features.ts";
import { normalise } from "#model/normalise.ts";
import { createVectoriser } from "#model/vector.ts";
import type { SoftLabels } from "./teacher.ts";

/** What of an example matters here. */
export type LabelledText = Pick<Example, "label" | "text"> &
  Partial<Pick<Example, "weight" | "lang" | "acceptable" | "family">>;

/** Which n-grams count as features, ascending, and how rare each is. */
export interface Vocabulary {
  readonly keys: Uint32Array;
  /** In how many examples each occurs. */
  readonly documents: Uint32Array;
  readonly idf: Float32Array;
  /** `segmenterPrint`, where words of `Intl.Segmenter` are among them. */
  readonly segmenter?: number;
}

/** Examples as sparse rows: row i holds `indices` and `values` from `offsets[i]` to `offsets[i + 1]`. */
export interface Problem {
  readonly size: number;
  readonly classes: number;
  readonly features: number;
  readonly offsets: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float32Array;
  /** Class index of each row. */
  readonly targets: Int32Array;
  readonly weights: Float32Array;
  /** A teacher's opinion of each row. */
  readonly soft?: SoftLabels;
}

/**
 * What a step wants the probabilities of a row to be, written into `wanted` (K): the label mixed with the teacher's opinion where
 * there is one, then smoothed.
 */
export function writeWanted(
  { classes, targets, soft }: Problem,
  row: number,
  labelSmoothing: number,
  wanted: Float64Array | Float32Array,
): void {
  wanted.fill(labelSmoothing / classes);
  const target = targets[row] as number;
  wanted[target] = (wanted[target] as number) + (1 - labelSmoothing) * (1 - (soft?.mix ?? 0));
  if (!soft) return;
  const share = (1 - labelSmoothing) * soft.mix;
  for (let k = 0, at = row * classes; k < classes; k += 1, at += 1)
    wanted[k] = (wanted[k] as number) + share * (soft.shares[at] as number);
}

/** Some rows of a problem, in the order given, each as many times as it is named; their weights times `factor`. */
export function rowsOf(problem: Problem, rows: Int32Array, factor = 1): Problem {
  const { classes, soft } = problem;
  const offsets = new Int32Array(rows.length + 1);
  for (const [place, row] of rows.entries())
    offsets[place + 1] =
      (offsets[place] as number) + (problem.offsets[row + 1] as number) - (problem.offsets[row] as number);
  const indices = new Int32Array(offsets[rows.length] as number);
  const values = new Float32Array(indices.length);
  const shares = soft && new Float32Array(rows.length * classes);
  for (const [place, row] of rows.entries()) {
    const [from, to] = [problem.offsets[row] as number, problem.offsets[row + 1] as number];
    indices.set(problem.indices.subarray(from, to), offsets[place]);
    values.set(problem.values.subarray(from, to), offsets[place]);
    if (soft) shares?.set(soft.shares.subarray(row * classes, (row + 1) * classes), place * classes);
  }
  return {
    ...problem,
    size: rows.length,
    offsets,
    indices,
    values,
    targets: Int32Array.from(rows, (row) => problem.targets[row] as number),
    weights: Float32Array.from(rows, (row) => factor * (problem.weights[row] as number)),
    ...(soft && shares ? { soft: { ...soft, shares } } : {}),
  };
}

/** Which features to keep: all, the `count` that most examples have, or a list of keys. */
export type Keep = { readonly count: number } | { readonly keys: Uint32Array };

/**
 * The features of the examples with smoothed inverse document frequency ln((1 + N) / (1 + df)) + 1.
 * Among features of one frequency the smaller key is kept.
 */
export function buildVocabulary(examples: readonly LabelledText[], keep: Keep, segmenter?: number): Vocabulary {
  const { extract } = createExtractor(segmenter !== undefined);
  const seen = new Map<number, number>();
  for (const { text } of examples) {
    const ngrams = extract(normalise(text));
    for (let entry = 0; entry < ngrams.length; entry += 1) {
      const key = ngrams.keys[entry] as number;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
  }
  const keys = chooseKeys(seen, keep).sort();
  const documents = Uint32Array.from(keys, (key) => seen.get(key) ?? 0);
  const idf = Float32Array.from(documents, (count) => Math.log((1 + examples.length) / (1 + count)) + 1);
  return { keys, documents, idf, ...(segmenter === undefined ? {} : { segmenter }) };
}

function chooseKeys(seen: ReadonlyMap<number, number>, keep: Keep): Uint32Array {
  if ("keys" in keep) return keep.keys.filter((key) => seen.has(key));
  if (keep.count === 0 || keep.count >= seen.size) return Uint32Array.from(seen.keys());
  const byFrequency = [...seen].sort(([a, inA], [b, inB]) => inB - inA || a - b);
  return Uint32Array.from(byFrequency.slice(0, keep.count), ([key]) => key);
}

/**
 * Names of the classes in the order of their ids: numbers by value, before other names by code unit. With the 384 lines, whose
 * labels are 1..384, the class's id is the line's.
 */
export function classesOf(examples: readonly LabelledText[]): string[] {
  const isNumber = (label: string) => /^(0|[1-9]\d*)$/.test(label);
  const compare = (a: string, b: string): number => {
    if (isNumber(a) !== isNumber(b)) return isNumber(a) ? -1 : 1;
    if (isNumber(a)) return Number(a) - Number(b);
    return a < b ? -1 : Number(a > b);
  };
  return [...new Set(examples.map(({ label }) => label))].sort(compare);
}

/** The examples as sparse rows over a vocabulary. Throws InputError for a label that is no class. */
export function buildProblem(
  examples: readonly LabelledText[],
  classes: readonly string[],
  { keys, idf, segmenter }: Pick<Vocabulary, "keys" | "idf" | "segmenter">,
): Problem {
  const { extract } = createExtractor(segmenter !== undefined);
  const { vectorise } = createVectoriser(keys, idf);
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  const offsets = new Int32Array(examples.length + 1);
  const targets = new Int32Array(examples.length);
  const weights = new Float32Array(examples.length);
  let indices = new Int32Array(1 << 16);
  let values = new Float32Array(1 << 16);
  for (const [row, { text, label, weight = 1 }] of examples.entries()) {
    const target = indexOf.get(label);
    if (target === undefined) {
      throw new InputError(
        `the label ${label} is none of the ${classes.length} classes`,
        "Correct the example, or add the class.",
      );
    }
    const vector = vectorise(extract(normalise(text)));
    const start = offsets[row] as number;
    const end = start + vector.length;
    if (end > indices.length) {
      indices = grown(indices, new Int32Array(2 * end));
      values = grown(values, new Float32Array(2 * end));
    }
    indices.set(vector.indices.subarray(0, vector.length), start);
    values.set(vector.values.subarray(0, vector.length), start);
    offsets[row + 1] = end;
    targets[row] = target;
    weights[row] = weight;
  }
  const used = offsets[examples.length] as number;
  return {
    size: examples.length,
    classes: classes.length,
    features: keys.length,
    offsets,
    indices: indices.slice(0, used),
    values: values.slice(0, used),
    targets,
    weights,
  };
}

/** The problem with weights by which every class that has examples counts alike, and all together as before. */
export function balanced(problem: Problem): Problem {
  const { classes, targets, weights } = problem;
  const masses = new Float64Array(classes);
  for (const [row, target] of targets.entries()) masses[target] = (masses[target] as number) + (weights[row] as number);
  const share = masses.reduce((sum, mass) => sum + mass, 0) / masses.filter((mass) => mass > 0).length;
  return {
    ...problem,
    weights: weights.map((weight, row) => (weight * share) / (masses[targets[row] as number] as number)),
  };
}

function grown<T extends Int32Array | Float32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
