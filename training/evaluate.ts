import { InputError } from "#contracts/errors.ts";
import type { Language } from "#contracts/event.ts";
import { type Share, wilson } from "#contracts/wilson.ts";
import { decodeModel } from "#model/codec.ts";
import { detectLanguage } from "#model/language.ts";
import type { Model } from "#model/model.ts";
import { type Answer, createClassifier } from "#model/score.ts";
import type { LabelledText } from "./problem.ts";

export interface Evaluation {
  readonly n: number;
  readonly top1: Share;
  readonly top3: Share;
  /** Top-3 where any acceptable label counts as right; equal to top-3 where examples name none. */
  readonly graded_top3: Share;
  /** Expected calibration error over 15 bins of equal width. */
  readonly ece: number;
  readonly byLanguage: Readonly<Partial<Record<Language, { n: number; top1: Share; top3: Share; graded_top3: Share }>>>;
  /** Time of one answer on this machine. */
  readonly microsPerQuery: { p50: number; p99: number };
  readonly operations: { p50: number; p99: number; max: number };
  /** Whether the first prediction was right, an entry an example, for comparing two models on the same examples. */
  readonly correct: readonly boolean[];
}

const BINS = 15;

interface Outcome {
  readonly language: Language;
  readonly first: boolean;
  readonly third: boolean;
  readonly graded: boolean;
  readonly confidence: number;
  readonly operations: number;
  readonly micros: number;
}

/**
 * Measures a model on held-out examples. A label that the model does not know counts as answered wrong.
 * Throws InputError without examples.
 */
export function evaluate(model: Model | Uint8Array, examples: readonly LabelledText[]): Evaluation {
  const classifier = createClassifier(model instanceof Uint8Array ? decodeModel(model) : model);
  const answers = examples.map(({ text }): TimedAnswer => {
    const began = performance.now();
    const answer = classifier.classify(text, { top: 3 });
    return { ...answer, micros: (performance.now() - began) * 1000 };
  });
  return evaluateAnswers(answers, examples);
}

/** An answer with the time it took, wherever it was given. */
export type TimedAnswer = Answer & { readonly micros: number };

/** `evaluate` of answers that were given elsewhere, such as in workerd, in the order of the examples. */
export function evaluateAnswers(answers: readonly TimedAnswer[], examples: readonly LabelledText[]): Evaluation {
  if (examples.length === 0)
    throw new InputError("there is no example to evaluate on", "Give at least one held-out example.");
  const outcomes = examples.map(({ label, text, lang, acceptable = [] }, index): Outcome => {
    const { predictions, confidence, operations, micros } = answers[index] as TimedAnswer;
    const rank = predictions.findIndex((prediction) => prediction.label === label);
    const graded = predictions.some(
      (prediction) => prediction.label === label || acceptable.includes(prediction.label),
    );
    const language = lang === undefined || lang === "und" ? detectLanguage(text) : lang;
    return { language, first: rank === 0, third: rank >= 0, graded, confidence, operations, micros };
  });
  const languages = [...new Set(outcomes.map(({ language }) => language))].sort();
  const operations = outcomes.map((outcome) => outcome.operations);
  const micros = outcomes.map((outcome) => outcome.micros);
  return {
    n: outcomes.length,
    ...topShares(outcomes),
    ece: calibrationError(outcomes),
    byLanguage: Object.fromEntries(
      languages.map((language) => {
        const own = outcomes.filter((outcome) => outcome.language === language);
        return [language, { n: own.length, ...topShares(own) }];
      }),
    ),
    microsPerQuery: { p50: quantile(micros, 0.5), p99: quantile(micros, 0.99) },
    operations: { p50: quantile(operations, 0.5), p99: quantile(operations, 0.99), max: quantile(operations, 1) },
    correct: outcomes.map(({ first }) => first),
  };
}

function topShares(outcomes: readonly Outcome[]): { top1: Share; top3: Share; graded_top3: Share } {
  const share = (holds: (outcome: Outcome) => boolean) => wilson(outcomes.filter(holds).length, outcomes.length);
  return {
    top1: share(({ first }) => first),
    top3: share(({ third }) => third),
    graded_top3: share(({ graded }) => graded),
  };
}

/** Mean distance of confidence and accuracy, weighted by bin (Guo et al. 2017). */
function calibrationError(outcomes: readonly Pick<Outcome, "first" | "confidence">[]): number {
  const gaps = new Float64Array(BINS);
  for (const { first, confidence } of outcomes) {
    const bin = Math.min(BINS - 1, Math.floor(confidence * BINS));
    gaps[bin] = (gaps[bin] as number) + confidence - Number(first);
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / outcomes.length;
}

/** The smallest value that at least `share` of the values do not exceed (nearest rank). */
function quantile(values: readonly number[], share: number): number {
  const ascending = [...values].sort((a, b) => a - b);
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)] as number;
}
