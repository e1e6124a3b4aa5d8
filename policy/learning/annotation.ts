import type { Vote } from "./trust.ts";

/** A query that users asked, and what the model and they say of it. */
export interface OpenQuery {
  /** How often it was asked. */
  frequency: number;
  /** Probability of the model's first answer, and of its second. */
  first: number;
  second: number;
  /** What users said of it. */
  votes: readonly Pick<Vote, "label" | "weight">[];
  /** Two models gave it different first answers (a shadow run). */
  disputed?: boolean;
}

export interface Worth {
  /** 1 less the model's lead: 1 where two answers are as likely. */
  uncertainty: number;
  /** Share of users' weight that is against what most of them say, 0 where nobody said anything; 1 where two models disagree. */
  disagreement: number;
  value: number;
}

/** How much a person's label of a query is worth: uncertainty x frequency x (1 + disagreement). Nobody's word is no agreement. */
export function worthOf({ frequency, first, second, votes, disputed = false }: OpenQuery): Worth {
  const uncertainty = 1 - (first - second);
  const sums = new Map<number, number>();
  for (const { label, weight } of votes) sums.set(label, (sums.get(label) ?? 0) + weight);
  const all = [...sums.values()].reduce((sum, weight) => sum + weight, 0);
  const disagreement = disputed ? 1 : all === 0 ? 0 : 1 - Math.max(...sums.values()) / all;
  return { uncertainty, disagreement, value: uncertainty * frequency * (1 + disagreement) };
}
