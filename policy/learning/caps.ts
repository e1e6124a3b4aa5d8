import type { Vote } from "./trust.ts";

/** Halvings of the interval in which a class's weight lies: to the last bit of a double. */
const ROUNDS = 60;

/**
 * Cuts votes so that no user and no network gives more than `maximumShare` of a class's whole weight, what authors gave included.
 * Everything of a source is cut in proportion. Cutting one makes the whole smaller, which lowers the limit again: of the weights
 * at which that comes to rest the largest is taken. A class without any weight of authors needs 1 / `maximumShare` sources before it
 * learns anything.
 *
 * @param authored weight of each class without feedback, by class id
 * @returns the votes' weights, in their order
 */
export function cappedWeights(
  votes: readonly Vote[],
  authored: ReadonlyMap<number, number>,
  maximumShare: number,
): number[] {
  const weights = new Array<number>(votes.length).fill(0);
  const byClass = Map.groupBy(votes.keys(), (at) => (votes[at] as Vote).label);
  for (const [label, at] of byClass) {
    const own = at.map((index) => votes[index] as Vote);
    const byUser = sumsOf(own, ({ user }) => user);
    const byNetwork = sumsOf(own, ({ network }) => network);
    const cut = ({ user, network, weight }: Vote, whole: number): number => {
      const most = Math.max(byUser.get(user) ?? 0, network === undefined ? 0 : (byNetwork.get(network) ?? 0));
      return most === 0 ? 0 : weight * Math.min(1, (maximumShare * whole) / most);
    };
    const given = authored.get(label) ?? 0;
    const wholeAt = (whole: number): number => own.reduce((sum, vote) => sum + cut(vote, whole), given);
    // wholeAt is concave, so that it lies above its argument up to the weight looked for and below after it.
    let [low, high] = [given, wholeAt(Number.POSITIVE_INFINITY)];
    if (wholeAt(high) >= high) low = high;
    else
      for (let round = 0; round < ROUNDS; round++) {
        const middle = (low + high) / 2;
        if (wholeAt(middle) >= middle) low = middle;
        else high = middle;
      }
    at.forEach((index) => {
      weights[index] = cut(votes[index] as Vote, low);
    });
  }
  return weights;
}

function sumsOf(votes: readonly Vote[], source: (vote: Vote) => string | undefined): Map<string, number> {
  const sums = new Map<string, number>();
  for (const vote of votes) {
    const name = source(vote);
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + vote.weight);
  }
  return sums;
}
