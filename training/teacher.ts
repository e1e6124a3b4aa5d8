import { InputError } from "#contracts/errors.ts";
import { fitLogistic, logitsOf } from "./logistic.ts";
import type { LabelledText } from "./problem.ts";

/** What is known of each training example besides its features: a vector of its text from a model too large to ship. */
export interface Teacher {
  /** N x D, row by row, in the order of the examples. */
  readonly embeddings: Float32Array;
  /** Share of the soft label in what is learnt, 0 to 1; the rest is the label's. */
  readonly mix: number;
  /** The soft label is softmax(margin * logits). */
  readonly margin: number;
}

/** A distribution over the classes for each example, cut to its `width` likeliest classes and made to sum to 1 again. */
export interface SoftLabels {
  readonly mix: number;
  readonly width: number;
  /** N x width, likeliest first. */
  readonly classes: Int32Array;
  /** N x width. */
  readonly shares: Float32Array;
  /** Share of the examples whose likeliest class is their label: how good the teacher is where it has not seen the family. */
  readonly top1: number;
}

const FOLDS = 5;
/** Classes kept of a distribution: the rest of it is below a percent with hundreds of classes. */
const WIDTH = 16;

/**
 * Soft labels by knowledge distillation (Hinton et al. 2015) from a multinomial logistic regression on the embeddings. Each family
 * of examples is labelled by a regression that saw no text of it (cross-fitting, as in stacked generalisation, Wolpert 1992):
 * one that saw it would repeat its label. Where the other families hold no example of a label, the teacher cannot know the
 * class and the label stands alone.
 *
 * Deterministic. Throws InputError where there is not one embedding of numbers an example.
 */
export function softLabels(
  examples: readonly LabelledText[],
  classes: readonly string[],
  teacher: Teacher,
  onFold: (done: number, all: number) => void = () => undefined,
): SoftLabels {
  const size = examples.length;
  const dimension = teacher.embeddings.length / size;
  if (!Number.isInteger(dimension) || dimension === 0) {
    throw new InputError(
      `${teacher.embeddings.length} numbers are no embeddings of ${size} examples`,
      "Give one embedding an example, all of one length.",
    );
  }
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  const targets = Int32Array.from(examples, ({ label }) => indexOf.get(label) ?? -1);
  const weights = Float32Array.from(examples, ({ weight = 1 }) => weight);
  const rows = unitRows(teacher.embeddings, dimension);
  const folds = foldsByFamily(examples);
  const width = Math.min(WIDTH, classes.length);
  const soft = { classes: new Int32Array(size * width), shares: new Float32Array(size * width) };
  let right = 0;
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const seen = [...folds.keys()].filter((row) => folds[row] !== fold && (targets[row] as number) >= 0);
    const known = new Set(seen.map((row) => targets[row]));
    const regression = fitLogistic({ rows, dimension, classes: classes.length, seen, targets, weights });
    for (const [row, own] of folds.entries()) {
      if (own !== fold) continue;
      const target = targets[row] as number;
      const place = row * width;
      if (!known.has(target)) {
        soft.classes.fill(Math.max(0, target), place, place + width);
        soft.shares[place] = 1;
        continue;
      }
      likeliest(logitsOf(regression, rows, row), teacher.margin, soft, place, width);
      if (soft.classes[place] === target) right += 1;
    }
    onFold(fold + 1, FOLDS);
  }
  return { mix: teacher.mix, width, ...soft, top1: right / size };
}

/** The fold of each example: families in order of label and name are dealt out in turn, so that folds share out the classes. */
export function foldsByFamily(examples: readonly LabelledText[]): Int32Array {
  const labelOf = new Map<string, string>();
  const families = examples.map(({ family }, row) => family ?? `row ${row}`);
  for (const [row, family] of families.entries())
    if (!labelOf.has(family)) labelOf.set(family, (examples[row] as LabelledText).label);
  const ordered = [...labelOf].sort(([a, inA], [b, inB]) => compare(inA, inB) || compare(a, b));
  const foldOf = new Map(ordered.map(([family], at) => [family, at % FOLDS]));
  return Int32Array.from(families, (family) => foldOf.get(family) as number);
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Rows scaled to length 1; a row of zeros stays one. */
function unitRows(embeddings: Float32Array, dimension: number): Float32Array {
  const rows = Float32Array.from(embeddings);
  for (let start = 0; start < rows.length; start += dimension) {
    const row = rows.subarray(start, start + dimension);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)) || 1;
    for (const [at, value] of row.entries()) row[at] = value / length;
  }
  return rows;
}

/** Writes the `width` likeliest classes of softmax(margin * logits) and their shares of what these have together. */
function likeliest(
  logits: Float64Array,
  margin: number,
  into: { classes: Int32Array; shares: Float32Array },
  place: number,
  width: number,
): void {
  const order = [...logits.keys()].sort((a, b) => (logits[b] as number) - (logits[a] as number) || a - b);
  const highest = logits[order[0] as number] as number;
  const kept = order.slice(0, width);
  const powers = kept.map((k) => Math.exp(margin * ((logits[k] as number) - highest)));
  const total = powers.reduce((sum, power) => sum + power, 0);
  for (const [at, k] of kept.entries()) {
    into.classes[place + at] = k;
    into.shares[place + at] = (powers[at] as number) / total;
  }
}
