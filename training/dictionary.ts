import type { AuthoredKeyword, DictionaryWord, TokenUsage } from "#contracts/dictionary.ts";
import type { Example } from "#contracts/example.ts";
import {
  type Dictionary,
  type DictionaryContent,
  decodeDictionary,
  encodeDictionary,
  heldWeight,
  MAX_TERM,
  wordBytes,
} from "#model/dictionary.ts";
import { createKeywordScorer, createMatcher } from "#model/keywords.ts";
import { normalise } from "#model/normalise.ts";
import { tokensOf } from "#model/tokens.ts";
import { temperatureOf } from "./calibrate.ts";

const DAY = 86_400_000;
/** A token of one example says nothing about any other text. */
const LEAST_EXAMPLES = 2;
/** What a step of an author's weight counts, in examples. */
const AUTHORED_COUNT = 1;
/** What the prior counts for each word, in examples: the fewer a word has, the less it says. */
const PRIOR_COUNT = 1;
/** Classes of a word, heaviest first: what comes after says little and takes room. */
const MOST_CLASSES = 24;

export interface DictionarySources {
  /** Of all splits: words and weights come from `train`, the temperature from `dev`. */
  examples: readonly Example[];
  classes: readonly string[];
  keywords: readonly AuthoredKeyword[];
  /** How words were used in the log. */
  usage: readonly TokenUsage[];
  /** Words that are not an author's, where a monthly rebuild has chosen them; else all that qualify. */
  words?: readonly string[];
}

export interface DictionaryLimits {
  /** Largest file, in units of 1,024 bytes. */
  target_size_kb: number;
  /** A word that stands in feedback alone must have been used by so many users. */
  minimumUsers: number;
}

/**
 * Makes a dictionary: the words of authors, and the tokens that stand in several examples, each with the classes it speaks for. From
 * feedback come only tokens that enough users used, so that no word tells of one person. What does not fit is left out, the
 * words that say least first. The same sources give the same bytes.
 */
export function buildDictionary(
  sources: DictionarySources,
  limits: DictionaryLimits,
): { words: DictionaryWord[]; bytes: Uint8Array } {
  const { classes } = sources;
  const ids = new Map(classes.map((name, index) => [name, index + 1]));
  const train = sources.examples.filter(({ split, label }) => split === "train" && ids.has(label));
  const prior = priorOf(train, ids);
  const authored = new Set(
    sources.keywords.flatMap(({ term, label }) => (ids.has(label) ? (termOrNone(normalise(term)) ?? []) : [])),
  );
  const terms = [...new Set([...authored, ...tokensFor(train, sources, limits)])].sort();
  const statistics = countClasses(terms, train, sources.keywords, ids);
  const usage = new Map(sources.usage.map((one) => [one.token, one]));

  const candidates = terms.flatMap((term, index): (DictionaryWord & { evidence: number })[] => {
    const { count, ofClass } = statistics[index] as Statistics;
    const links = linksOf(ofClass, count, prior);
    const used = usage.get(term);
    if (links.length === 0) return [];
    return [
      {
        term,
        authored: authored.has(term),
        frequency: used?.frequency ?? 0,
        users: used?.users ?? 0,
        lastSeenDay: used ? Math.floor(used.lastSeen / DAY) : 0,
        classes: links,
        // What it tells of the labels of all examples it stands in, in nats.
        evidence: links.reduce((sum, { id, weight }) => sum + (ofClass.get(id) ?? 0) * weight, 0),
      },
    ];
  });
  const empty: DictionaryContent = { classes, prior, temperature: 1, words: [] };
  const room = limits.target_size_kb * 1024 - encodeDictionary(empty).byteLength - ALIGNMENT;
  const draft: DictionaryContent = { ...empty, words: choose(candidates, room) };
  const temperature = temperatureFor(decodeDictionary(encodeDictionary(draft)), sources.examples, ids);
  return { words: [...draft.words], bytes: encodeDictionary({ ...draft, temperature }) };
}

/** Padding of the sections, and the header's longer numbers. */
const ALIGNMENT = 128;

const termOrNone = (term: string): string | undefined =>
  term.length > 0 && term.length <= MAX_TERM ? term : undefined;

/** Share of each class, smoothed: every class can be right. */
function priorOf(train: readonly Example[], ids: ReadonlyMap<string, number>): Float32Array {
  const counts = new Float64Array(ids.size).fill(1);
  for (const { label, weight } of train) {
    const index = (ids.get(label) as number) - 1;
    counts[index] = (counts[index] as number) + weight;
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  return Float32Array.from(counts, (count) => count / total);
}

/** Tokens of the examples that may become words. */
function tokensFor(train: readonly Example[], { usage, words }: DictionarySources, limits: DictionaryLimits): string[] {
  const chosen = words && new Set(words);
  const known = new Set(usage.filter(({ users }) => users >= limits.minimumUsers).map(({ token }) => token));
  const inAuthored = new Map<string, number>();
  const inAll = new Map<string, number>();
  for (const { text, source } of train) {
    for (const token of new Set(tokensOf(normalise(text)))) {
      inAll.set(token, (inAll.get(token) ?? 0) + 1);
      if (source !== "feedback") inAuthored.set(token, (inAuthored.get(token) ?? 0) + 1);
    }
  }
  return [...inAll].flatMap(([token, count]) => {
    if (chosen ? !chosen.has(token) : count < LEAST_EXAMPLES) return [];
    const isPublic = (inAuthored.get(token) ?? 0) > 0 || known.has(token);
    return isPublic ? (termOrNone(token) ?? []) : [];
  });
}

interface Statistics {
  count: number;
  ofClass: Map<number, number>;
}

/** In how much of each class's examples each term stands, by weight, with what authors say of it. */
function countClasses(
  terms: readonly string[],
  train: readonly Example[],
  keywords: readonly AuthoredKeyword[],
  ids: ReadonlyMap<string, number>,
): Statistics[] {
  const statistics: Statistics[] = terms.map(() => ({ count: 0, ofClass: new Map() }));
  const add = (index: number, id: number, count: number): void => {
    const of = statistics[index] as Statistics;
    of.count += count;
    of.ofClass.set(id, (of.ofClass.get(id) ?? 0) + count);
  };
  const { match } = createMatcher(terms);
  for (const { text, label, weight } of train) {
    const found = new Set<number>();
    match(normalise(text), (index) => found.add(index));
    for (const index of found) add(index, ids.get(label) as number, weight);
  }
  const indices = new Map(terms.map((term, index) => [term, index]));
  for (const { term, label, weight } of keywords) {
    const [index, id] = [indices.get(normalise(term)), ids.get(label)];
    if (index !== undefined && id !== undefined && weight > 0) add(index, id, weight * AUTHORED_COUNT);
  }
  return statistics;
}

/** ln(P(class | word) / P(class)) with the prior as pseudo-count: the classes that the word speaks for. */
function linksOf(
  ofClass: ReadonlyMap<number, number>,
  count: number,
  prior: Float32Array,
): { id: number; weight: number }[] {
  return [...ofClass]
    .map(([id, own]) => {
      const share = prior[id - 1] as number;
      return { id, weight: heldWeight(Math.log((own + PRIOR_COUNT * share) / ((count + PRIOR_COUNT) * share))) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || a.id - b.id)
    .slice(0, MOST_CLASSES);
}

/** The words that fit into `room` bytes, those that say most for their bytes first; in the order of their terms. */
function choose(words: readonly (DictionaryWord & { evidence: number })[], room: number): DictionaryWord[] {
  const worth = (word: DictionaryWord & { evidence: number }): number => word.evidence / wordBytes(word);
  const ranked = [...words].sort((a, b) => worth(b) - worth(a) || (a.term < b.term ? -1 : 1));
  let left = room;
  const kept: DictionaryWord[] = [];
  for (const { evidence: _evidence, ...word } of ranked) {
    left -= wordBytes(word);
    if (left < 0) break;
    kept.push(word);
  }
  return kept.sort((a, b) => (a.term < b.term ? -1 : 1));
}

/** Queries of `dev` that are enough for one number. */
const CALIBRATED_ON = 400;

/** The temperature that makes the labels of `dev`, or of a share of it spread evenly, most likely. */
function temperatureFor(
  dictionary: Dictionary,
  examples: readonly Example[],
  ids: ReadonlyMap<string, number>,
): number {
  const { classify } = createKeywordScorer(dictionary);
  const rows: { logits: Float64Array; target: number }[] = [];
  const dev = examples.filter(({ split, label }) => split === "dev" && ids.has(label));
  // Odd, so that it does not fall on one language alone where languages take turns.
  const step = 2 * Math.floor(dev.length / (2 * CALIBRATED_ON)) + 1;
  for (const { label, text } of dev.filter((_, index) => index % step === 0)) {
    const target = ids.get(label) as number;
    const answer = classify(text, { top: dictionary.classes.length });
    if (answer === undefined) continue;
    const logits = new Float64Array(dictionary.classes.length);
    for (const { id, score } of answer.predictions) logits[id - 1] = Math.log(Math.max(score, 1e-30));
    rows.push({ logits, target: target - 1 });
  }
  if (rows.length === 0) return 1;
  const size = rows.length;
  const logits = new Float64Array(size * dictionary.classes.length);
  rows.forEach((row, at) => {
    logits.set(row.logits, at * dictionary.classes.length);
  });
  return temperatureOf(logits, {
    size,
    classes: dictionary.classes.length,
    targets: Int32Array.from(rows, ({ target }) => target),
    weights: new Float32Array(size).fill(1),
  });
}
