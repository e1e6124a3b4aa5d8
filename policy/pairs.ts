import type { Pairs } from "#contracts/evaluation.ts";

/** How the first compares with the second, query by query. */
export function pairsOf(candidate: readonly boolean[], other: readonly boolean[]): Pairs {
  const pairs = { n: candidate.length, worse: 0, better: 0 };
  candidate.forEach((right, index) => {
    if (right && !other[index]) pairs.better++;
    if (!right && other[index]) pairs.worse++;
  });
  return pairs;
}
