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
  /** Feature dropout of the fit while it is taught; without it the options' own. */
  readonly dropout?: number;
}

/** A distribution over all classes for each example: what it says of unlikely classes is most of what it teaches. */
export interface SoftLabels {
  readonly mix: number;
  /** N x K. */
  readonly shares: Float32Array;
  /** Share of the examples whose likeliest class is their label: how good the teacher is where it has not seen the family. */
  readonly top1: number;
}

const FOLDS = 5;

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
  const shares = new Float32Array(size * classes.length);
  let right = 0;
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const seen = [...folds.keys()].filter((row) => folds[row] !== fold && (targets[row] as number) >= 0);
    const known = new Set(seen.map((row) => targets[row]));
    const regression = fitLogistic({ rows, dimension, classes: classes.length, seen, targets, weights });
    for (const [row, own] of folds.entries()) {
      if (own !== fold) continue;
      const target = targets[row] as number;
      const opinion = shares.subarray(row * classes.length, (row + 1) * classes.length);
      if (!known.has(target)) {
        if (target >= 0) opinion[target] = 1;
        continue;
      }
      const logits = logitsOf(regression, rows, row);
      soften(logits, teacher.margin, opinion);
      if (logits.indexOf(Math.max(...logits)) === target) right += 1;
    }
    onFold(fold + 1, FOLDS);
  }
  return { mix: teacher.mix, shares, top1: right / size };
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

/** Writes softmax(margin * logits). */
function soften(logits: Float64Array, margin: number, into: Float32Array): void {
  const highest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(margin * (logit - highest)));
  const total = powers.reduce((sum, power) => sum + power, 0);
  for (const [k, power] of powers.entries()) into[k] = power / total;
}
