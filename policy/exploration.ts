/** An order of answers, and the chance with which its first one was shown first. */
export interface Explored<T> {
  order: readonly T[];
  propensity: number;
}

/** Ranks that may be shown first in place of the best: the second and the third. */
const LAST_RANK = 3;

/**
 * Uniform exploration (statistics.md, failure 11): with chance `share` one of the second and third answers, either alike, changes
 * places with the first, so that feedback on answers the model does not prefer can be weighed by how often they were shown.
 *
 * @param draw one number in [0, 1)
 */
export function explore<T>(answers: readonly T[], share: number, draw: number): Explored<T> {
  const others = Math.min(answers.length, LAST_RANK) - 1;
  if (share <= 0 || others < 1) return { order: answers, propensity: 1 };
  if (draw >= share) return { order: answers, propensity: 1 - share };
  const rank = 1 + Math.min(others - 1, Math.floor((draw / share) * others));
  const order = [...answers];
  [order[0], order[rank]] = [answers[rank] as T, answers[0] as T];
  return { order, propensity: share / others };
}
