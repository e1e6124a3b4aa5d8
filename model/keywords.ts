import { type Dictionary, WEIGHT_STEP } from "./dictionary.ts";
import type { Reason } from "./explain.ts";
import { normalise } from "./normalise.ts";
import { best, type Prediction } from "./score.ts";
import { scriptOf, WORD } from "./script.ts";

/** What the words of a dictionary say to a text. */
export interface KeywordAnswer {
  /** Best first, each with the words that spoke most for it. */
  readonly predictions: readonly (Prediction & { why: Reason[] })[];
  /** Characters read, characters compared, weights added. */
  readonly operations: number;
  readonly confidence: number;
}

export interface KeywordScorer {
  /** Undefined where no word of the dictionary stands in the text, or the budget does not hold an answer. */
  classify(text: string, options: { top: number; operationBudget?: number }): KeywordAnswer | undefined;
  /** How common the most common classes are: what is left where nothing is known of a text. */
  prior(top: number): Prediction[];
}

/** Finds the terms that stand in texts. */
export interface Matcher {
  /**
   * Calls `onMatch` with the index of each term found, once a place: the longest that begins there. Where words are written with
   * spaces, only whole words count. Answers the operations spent, at most `budget`.
   */
  match(normalised: string, onMatch: (index: number) => void, budget?: number): number;
}

const isWordUnit = (text: string, at: number): boolean =>
  at >= 0 && at < text.length && scriptOf(text.charCodeAt(at)) === WORD;

/** @param terms normalised, none empty */
export function createMatcher(terms: readonly string[]): Matcher {
  const indices = new Map(terms.map((term, index) => [term, index]));
  // By first character, longest first: few characters begin a term, and fewer lengths are tried.
  const lengths = new Map<number, number[]>();
  for (const term of terms) {
    const first = term.charCodeAt(0);
    const known = lengths.get(first);
    if (known === undefined) lengths.set(first, [term.length]);
    else if (!known.includes(term.length)) known.push(term.length);
  }
  for (const known of lengths.values()) known.sort((a, b) => b - a);

  return {
    match(text, onMatch, budget = Number.POSITIVE_INFINITY) {
      let operations = 0;
      for (let at = 0; at < text.length && operations < budget; at += 1) {
        operations += 1;
        const tried = lengths.get(text.charCodeAt(at));
        if (tried === undefined || (isWordUnit(text, at) && isWordUnit(text, at - 1))) continue;
        for (const length of tried) {
          const end = at + length;
          if (end > text.length) continue;
          if (operations + length > budget) return operations;
          operations += length;
          if (isWordUnit(text, end) && isWordUnit(text, end - 1)) continue;
          const index = indices.get(text.slice(at, end));
          if (index === undefined) continue;
          onMatch(index);
          break;
        }
      }
      return operations;
    },
  };
}

/**
 * Scores texts by the words of a dictionary: softmax((ln prior + sum of the weights of the words found) / temperature). The rung
 * between a model with fewer features and the prior (specification 1.2.1).
 */
export function createKeywordScorer(dictionary: Dictionary): KeywordScorer {
  const { classes, prior, temperature, terms, starts, ids, weights } = dictionary;
  const { match } = createMatcher(terms);
  const logPrior = Float64Array.from(prior, (share) => Math.log(Math.max(share, 1e-9)));
  const sums = new Float64Array(classes.length);
  const scores = new Float64Array(classes.length);
  /** Reading the prior, and the softmax. */
  const fixed = 2 * classes.length;

  function softmax(): void {
    const highest = sums.reduce((most, sum) => Math.max(most, sum), Number.NEGATIVE_INFINITY);
    let total = 0;
    for (let id = 0; id < sums.length; id += 1) {
      const weight = Math.exp(((sums[id] as number) - highest) / temperature);
      scores[id] = weight;
      total += weight;
    }
    for (let id = 0; id < scores.length; id += 1) scores[id] = Math.fround((scores[id] as number) / total);
  }

  const named = (of: ArrayLike<number>, top: number): Prediction[] =>
    best(of, top).map((index) => ({ id: index + 1, label: classes[index] as string, score: of[index] as number }));

  function reasonsFor(id: number, words: readonly number[]): Reason[] {
    const reasons: Reason[] = [];
    for (const word of words) {
      const at = ids.subarray(starts[word], starts[word + 1]).indexOf(id);
      const weight = at < 0 ? 0 : (weights[(starts[word] as number) + at] as number) * WEIGHT_STEP;
      if (weight > 0) reasons.push({ term: terms[word] as string, weight });
    }
    return reasons.sort((a, b) => b.weight - a.weight || (a.term < b.term ? -1 : 1));
  }

  function classify(
    text: string,
    { top, operationBudget = Number.POSITIVE_INFINITY }: { top: number; operationBudget?: number },
  ): KeywordAnswer | undefined {
    const budget = operationBudget - fixed;
    if (budget <= 0) return undefined;
    // Half goes at most to finding words, so that those found can also be used.
    const found = new Set<number>();
    let operations = match(normalise(text), (word) => found.add(word), budget / 2);
    sums.set(logPrior);
    const used: number[] = [];
    for (const word of found) {
      const [from, to] = [starts[word] as number, starts[word + 1] as number];
      // Each weight is added once, and looked through for every prediction's reasons.
      const cost = (to - from) * (1 + top);
      if (operations + cost > budget) break;
      operations += cost;
      used.push(word);
      for (let at = from; at < to; at += 1) {
        const index = (ids[at] as number) - 1;
        sums[index] = (sums[index] as number) + (weights[at] as number) * WEIGHT_STEP;
      }
    }
    if (used.length === 0) return undefined;
    softmax();
    const predictions = named(scores, top).map((one) => ({ ...one, why: reasonsFor(one.id, used) }));
    return { predictions, operations: operations + fixed, confidence: predictions[0]?.score ?? 0 };
  }

  return { classify, prior: (top) => named(prior, top) };
}
