import type { FeedbackConfig } from "#contracts/config.ts";

/** What one source of feedback says of one text. */
export interface Vote {
  /** Who says it; everybody unknown is one. */
  user: string;
  /** Where it came from, as far as that is known. */
  network?: string;
  /** The normalised text. */
  item: string;
  /** Class id. */
  label: number;
  weight: number;
}

/**
 * How far each user is believed, 0 to 1: by how often the others, themselves believed as far as they are trusted, said the same of
 * the same texts. A user's rate of agreement is drawn towards that of all by `strength` imagined votes, and what it falls short of it
 * counts squared: whoever disagrees with everyone comes to weigh next to nothing, who was never compared counts in full.
 * `known` holds texts whose labels are certain; they count like a vote of somebody fully trusted.
 */
export function trustOf(
  votes: readonly Vote[],
  known: ReadonlyMap<string, ReadonlySet<number>>,
  { strength, rounds }: FeedbackConfig["trust"],
): Map<string, number> {
  const items = itemsOf(votes);
  let trust = new Map([...new Set(votes.map(({ user }) => user))].sort().map((user) => [user, 1]));
  for (let round = 0; round < rounds; round++) {
    const agreements = new Map<string, { agreed: number; compared: number }>();
    for (const [item, said] of items) {
      const certain = known.get(item);
      const sums = new Map<number, number>();
      for (const { user, label, weight } of said)
        sums.set(label, (sums.get(label) ?? 0) + weight * (trust.get(user) as number));
      const all = [...sums.values()].reduce((sum, weight) => sum + weight, 0);
      for (const [user, own] of byUser(said)) {
        const mine = trust.get(user) as number;
        const given = own.reduce((sum, { weight }) => sum + weight, 0);
        const others = all - given * mine + (certain ? 1 : 0);
        // What is left after one's own part is taken out of a sum is never quite nothing.
        if (given === 0 || others <= 1e-9) continue;
        const agreeing = own.reduce((sum, { label, weight }) => {
          const alike = (sums.get(label) as number) - mine * weightFor(own, label) + (certain?.has(label) ? 1 : 0);
          return sum + (weight / given) * Math.min(1, Math.max(0, alike / others));
        }, 0);
        const before = agreements.get(user) ?? { agreed: 0, compared: 0 };
        agreements.set(user, { agreed: before.agreed + agreeing, compared: before.compared + 1 });
      }
    }
    trust = trustBy(trust.keys(), agreements, strength);
  }
  return trust;
}

function trustBy(
  users: Iterable<string>,
  agreements: ReadonlyMap<string, { agreed: number; compared: number }>,
  strength: number,
): Map<string, number> {
  const all = [...agreements.values()];
  const compared = all.reduce((sum, one) => sum + one.compared, 0);
  const usual = compared === 0 ? 0 : all.reduce((sum, one) => sum + one.agreed, 0) / compared;
  return new Map(
    [...users].map((user) => {
      const own = agreements.get(user);
      if (own === undefined || usual === 0) return [user, 1];
      const rate = (own.agreed + strength * usual) / (own.compared + strength);
      return [user, Math.min(1, rate / usual) ** 2];
    }),
  );
}

const weightFor = (own: readonly Vote[], label: number): number =>
  own.reduce((sum, vote) => (vote.label === label ? sum + vote.weight : sum), 0);

/** In an order of their own, so that the order of arrival does not change a bit of the sums. */
function itemsOf(votes: readonly Vote[]): [string, Vote[]][] {
  const items = new Map<string, Vote[]>();
  for (const vote of votes) {
    const said = items.get(vote.item);
    if (said) said.push(vote);
    else items.set(vote.item, [vote]);
  }
  const place = ({ user, label, weight }: Vote): string => `${user} ${label} ${weight}`;
  return [...items]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([item, said]) => [item, said.sort((a, b) => (place(a) < place(b) ? -1 : 1))]);
}

const byUser = (votes: readonly Vote[]): Map<string, Vote[]> => Map.groupBy(votes, ({ user }) => user);
