import type { Vote } from "./trust.ts";

/**
 * The label that has more weight than all others together, with its votes cut to what they are ahead, in proportion; undefined where
 * the evidence does not decide. What is ahead of `most` is cut as well: the tenth user who says the same adds nothing.
 *
 * @param votes on one text
 */
export function consensusOf(votes: readonly Vote[], most: number): { label: number; votes: Vote[] } | undefined {
  const sums = new Map<number, number>();
  let all = 0;
  for (const { label, weight } of votes) {
    sums.set(label, (sums.get(label) ?? 0) + weight);
    all += weight;
  }
  for (const [label, sum] of sums) {
    const ahead = 2 * sum - all;
    // Sums of the same weights in another order may differ in their last bits.
    if (ahead > 1e-9 * all)
      return {
        label,
        votes: votes.flatMap((vote) =>
          vote.label === label ? [{ ...vote, weight: vote.weight * (Math.min(ahead, most) / sum) }] : [],
        ),
      };
  }
  return undefined;
}
