import { bisect } from "./bisect.ts";
import type { Bounds } from "./confidence-sequence.ts";
import { normalDeviation } from "./normal.ts";

/**
 * Shift of one sample against another: the median of all pairwise differences a - b (Hodges-Lehmann) with the interval that belongs to
 * the Mann-Whitney test at two-sided `alpha` (Hollander and Wolfe, 4.3). Fixed-n: to be used once. Too few values leave the bounds
 * infinite; without any there is no estimate.
 */
export function shift(a: readonly number[], b: readonly number[], alpha: number): Bounds | undefined {
  const pairs = a.length * b.length;
  if (pairs === 0) return undefined;
  const ofRank = rankedDifference(a, b);
  const estimate = (ofRank(Math.floor((pairs + 1) / 2)) + ofRank(Math.floor(pairs / 2) + 1)) / 2;
  const rank = Math.floor(pairs / 2 - normalDeviation(alpha) * Math.sqrt((pairs * (a.length + b.length + 1)) / 12));
  if (rank < 1) return { estimate, lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
  return { estimate, lower: ofRank(rank), upper: ofRank(pairs - rank + 1) };
}

/** The k-th smallest (from 1) difference a - b, found without writing all of them down. */
function rankedDifference(a: readonly number[], b: readonly number[]): (rank: number) => number {
  const [left, right] = [a.toSorted((x, y) => x - y), b.toSorted((x, y) => x - y)];
  /** How many differences are at most `limit`: as the left value grows, so does what the right one may be. */
  const atMost = (limit: number): number => {
    let [count, from] = [0, 0];
    for (const value of left) {
      while (from < right.length && value - (right[from] as number) > limit) from += 1;
      count += right.length - from;
    }
    return count;
  };
  const low = (left[0] as number) - (right.at(-1) as number);
  const high = (left.at(-1) as number) - (right[0] as number);
  return (rank) => (atMost(low) >= rank ? low : bisect((limit) => atMost(limit) >= rank, low, high));
}
