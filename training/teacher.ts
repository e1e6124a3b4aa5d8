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
  /** What it may label by itself. */
  readonly unjudged?: Unjudged;
}

/** Queries that nobody judged. What the teacher makes of them is no evidence: it counts neither for priors nor for what is held out. */
export interface Unjudged {
  readonly texts: readonly string[];
  /** A row a text, as long as those of the examples. */
  readonly embeddings: Float32Array;
  /** How much such a text counts in the fit, where an authored one counts 1. */
  readonly weight: number;
  /** Least probability of the teacher's first choice for a text to be learnt from. */
  readonly confidence: number;
}

/** A query that the teacher labelled: `row` of the unjudged texts. */
export interface Taught {
  readonly row: number;
  readonly label: string;
  readonly text: string;
  readonly weight: number;
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
  const { rows, dimension, targets, weights } = labelledRows(examples, classes, teacher.embeddings);
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

/** The examples as the regression takes them. Throws InputError where there is not one embedding of numbers an example. */
function labelledRows(examples: readonly LabelledText[], classes: readonly string[], embeddings: Float32Array) {
  const dimension = embeddings.length / examples.length;
  if (!Number.isInteger(dimension) || dimension === 0) {
    throw new InputError(
      `${embeddings.length} numbers are no embeddings of ${examples.length} examples`,
      "Give one embedding an example, all of one length.",
    );
  }
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  return {
    dimension,
    rows: unitRows(embeddings, dimension),
    targets: Int32Array.from(examples, ({ label }) => indexOf.get(label) ?? -1),
    weights: Float32Array.from(examples, ({ weight = 1 }) => weight),
  };
}

/**
 * Labels queries that nobody judged (pseudo-labels, Lee 2013) by a regression on all examples: the likeliest class where its
 * probability is at least `confidence`, with the same soft label as an example gets. Deterministic. Throws InputError where
 * embeddings differ in length or number.
 */
export function labelUnjudged(
  examples: readonly LabelledText[],
  classes: readonly string[],
  { embeddings, margin }: Pick<Teacher, "embeddings" | "margin">,
  unjudged: Unjudged,
): { taught: Taught[]; shares: Float32Array } {
  const { texts, weight, confidence } = unjudged;
  const { rows, dimension, targets, weights } = labelledRows(examples, classes, embeddings);
  if (unjudged.embeddings.length !== texts.length * dimension) {
    throw new InputError(
      `${unjudged.embeddings.length} numbers are no embeddings of ${texts.length} unjudged texts`,
      `Give one embedding a text, of ${dimension} numbers as those of the examples.`,
    );
  }
  const seen = [...examples.keys()].filter((row) => (targets[row] as number) >= 0);
  const regression = fitLogistic({ rows, dimension, classes: classes.length, seen, targets, weights });
  const asked = unitRows(unjudged.embeddings, dimension);
  const taught: Taught[] = [];
  const shares = new Float32Array(texts.length * classes.length);
  const opinion = new Float32Array(classes.length);
  for (const [row, text] of texts.entries()) {
    const logits = logitsOf(regression, asked, row);
    soften(logits, 1, opinion);
    const first = opinion.indexOf(Math.max(...opinion));
    if ((opinion[first] as number) < confidence) continue;
    const place = taught.length * classes.length;
    soften(logits, margin, shares.subarray(place, place + classes.length));
    taught.push({ row, label: classes[first] as string, text, weight });
  }
  return { taught, shares: shares.slice(0, taught.length * classes.length) };
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
