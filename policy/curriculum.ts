import type { PriorityLearning } from "#contracts/config.ts";

/** What a model says of a training example. */
export interface Judged {
  /** Whether its answer is the label. */
  readonly right: boolean;
  /** Probability of the likeliest class, and of the one after it. */
  readonly first: number;
  readonly second: number;
}

const LESSONS = ["misclassified", "edge_cases", "low_confidence"] as const;
export type LessonName = (typeof LESSONS)[number];

/** Examples to learn once more: `iterations` times a batch of them, each counted `weight` times. */
export interface Lesson {
  readonly name: LessonName | "uniform";
  readonly rows: readonly number[];
  readonly weight: number;
  readonly batch: number;
  readonly iterations: number;
}

/** Why an example is learnt once more, the weightiest reason first; undefined where the model is right and sure. */
export function lessonOf({ right, first, second }: Judged, limits: PriorityLearning): LessonName | undefined {
  if (!right) return "misclassified";
  if (first - second < limits.edge_margin) return "edge_cases";
  if (first < limits.low_confidence_below) return "low_confidence";
  return undefined;
}

/**
 * The curriculum of specification 7.2 (`priority_learning`): each example is in one lesson at most, lessons come in the order of
 * their default weights, those without examples or iterations are left out.
 */
export function planLessons(judged: readonly Judged[], curriculum: PriorityLearning): Lesson[] {
  const names = judged.map((one) => lessonOf(one, curriculum));
  return LESSONS.map((name) => ({
    name,
    rows: names.flatMap((own, row) => (own === name ? [row] : [])),
    ...curriculum[name],
  })).filter(({ rows, iterations }) => rows.length > 0 && iterations > 0);
}

/** What a curriculum is held against: as many steps over all `size` examples, each counted once. */
export const uniformLessons = (size: number, lessons: readonly Lesson[]): Lesson[] =>
  lessons.map(({ batch, iterations }) => ({
    name: "uniform",
    rows: Array.from({ length: size }, (_, row) => row),
    weight: 1,
    batch,
    iterations,
  }));
