import type { Config, LearningWeights } from "#contracts/config.ts";
import { LoggedEvent, type Served } from "#contracts/event.ts";
import type { Example } from "#contracts/example.ts";
import { normalise } from "#model/normalise.ts";
import { lessonOf } from "#policy/labelling.ts";
import { cappedWeights } from "#policy/learning/caps.ts";
import { consensusOf } from "#policy/learning/consensus.ts";
import { debiasedBy, ExploredAnswers, type PositionBias } from "#policy/learning/position.ts";
import { trustOf, type Vote } from "#policy/learning/trust.ts";
import { sha256 } from "#stores/digest.ts";

/** Counts by reason of what was left out. */
export type Dropped = Record<string, number>;

const count = (dropped: Dropped, reason: string): void => {
  dropped[reason] = (dropped[reason] ?? 0) + 1;
};

/** The good events of a partition's raw lines, each client id once; broken, oversized, ill-formed or impossible ones are counted by reason. */
export function readEvents(
  lines: Iterable<string>,
  classes: number,
  maximumBytes: number,
): { events: LoggedEvent[]; dropped: Dropped } {
  const dropped: Dropped = {};
  const events = new Map<string, LoggedEvent>();
  for (const line of lines) {
    if (line === "") continue;
    if (Buffer.byteLength(line) > maximumBytes) {
      count(dropped, "too-large");
      continue;
    }
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      count(dropped, "bad-json");
      continue;
    }
    const event = LoggedEvent.safeParse(value);
    if (!event.success) count(dropped, "bad-schema");
    else if (namesUnknownClass(event.data, classes)) count(dropped, "unknown-class");
    else if (events.has(event.data.id)) count(dropped, "duplicate");
    else events.set(event.data.id, event.data);
  }
  return { events: [...events.values()], dropped };
}

const namesUnknownClass = ({ shownId, correctId, served }: LoggedEvent, classes: number): boolean =>
  [shownId, correctId, ...served.shown].some((id) => id !== undefined && id > classes);

/** Events by the answer that they are about. */
export function byAnswer(events: readonly LoggedEvent[]): Map<string, LoggedEvent[]> {
  const answers = new Map<string, LoggedEvent[]>();
  for (const event of events) {
    const { served } = event;
    const answer = `${served.textHash} ${event.user ?? ""} ${served.at}`;
    const about = answers.get(answer);
    if (about) about.push(event);
    else answers.set(answer, [event]);
  }
  return answers;
}

/** What feedback teaches, and what was found about the feedback itself. */
export interface Learnt {
  examples: Example[];
  dropped: Dropped;
  position: PositionBias;
  users: number;
  /** Of them, those whose word counts for less than half. */
  distrusted: number;
  /** Share of the weight that was cut off because it came from too few. */
  capped: number;
}

/**
 * Learns from events as they are handed in, some texts at a time: joins them to the answers they are about and labels their queries,
 * one example a distinct text. Each lesson is a vote, an implicit one weighed by how seldom its rank is looked at, all by how far their
 * user is believed. A text's label is the class with more weight than all others together and counts what it is ahead, up to a most; no
 * user and no network gives more than its share of a class. Texts of held-out splits are never learnt, and ones already authored
 * with the same label teach nothing new. Needs consent: an answer without its text is counted and left out. Of an event nothing
 * is kept but its answer's vote.
 */
export class Learner {
  readonly #authored: readonly Example[];
  readonly #classes: readonly string[];
  readonly #settings: Pick<Config["preprocess"], "weights" | "feedback">;
  readonly #dropped: Dropped = {};
  readonly #explored: ExploredAnswers;
  readonly #votes: RankedVote[] = [];
  readonly #asked = new Map<string, Asked>();
  /** One string for each user and network, however often it was read. */
  readonly #names = new Map<string, string>();

  constructor(
    authored: readonly Example[],
    classes: readonly string[],
    settings: Pick<Config["preprocess"], "weights" | "feedback">,
  ) {
    this.#authored = authored;
    this.#classes = classes;
    this.#settings = settings;
    this.#explored = new ExploredAnswers(settings.feedback.position);
  }

  /** @param events everything that was said of the texts it is about */
  add(events: readonly LoggedEvent[]): void {
    const answers = inOrder(byAnswer(events));
    for (const about of answers) this.#explored.add(about);
    const { votes, asked } = votesOf(answers, this.#settings.weights, this.#dropped);
    for (const [item, one] of asked) if (!this.#asked.has(item)) this.#asked.set(item, one);
    for (const { user, network, ...vote } of votes)
      this.#votes.push({
        ...vote,
        user: this.#named(user),
        ...(network === undefined ? {} : { network: this.#named(network) }),
      });
  }

  #named(name: string): string {
    const known = this.#names.get(name);
    if (known === undefined) this.#names.set(name, name);
    return known ?? name;
  }

  learnt(): Learnt {
    const { feedback } = this.#settings;
    const dropped = { ...this.#dropped };
    const position = this.#explored.bias();
    const votes = this.#votes.map((vote) => debiased(vote, position));
    const { heldOut, labelsOf, weightOf } = knownTexts(this.#authored, this.#classes);
    const trust = trustOf(votes, labelsOf, feedback.trust);
    for (const vote of votes) vote.weight *= trust.get(vote.user) as number;

    const won = [...Map.groupBy(votes, ({ item }) => item)].flatMap(([item, said]) => {
      const consensus = consensusOf(said, feedback.maximumWeight);
      if (consensus === undefined) count(dropped, "contradictory");
      else if (heldOut.has(item)) count(dropped, "held-out");
      else if (labelsOf.get(item)?.has(consensus.label)) count(dropped, "already-authored");
      else return consensus.votes;
      return [];
    });
    const weighed = cappedWeights(won, weightOf, feedback.maximumShare);
    const examples = new Map<string, Example>();
    for (const [at, { item, label }] of won.entries()) {
      const known = examples.get(item);
      const weight = (known?.weight ?? 0) + (weighed[at] as number);
      const { text, lang } = this.#asked.get(item) as Asked;
      // Named by the text alone: the same feedback gives the same data set in any home, whatever its secrets and clocks.
      const id = known?.id ?? `f-${sha256(item).slice(0, 16)}`;
      examples.set(item, {
        id,
        label: this.#classes[label - 1] as string,
        text,
        lang,
        split: "train",
        weight,
        source: "feedback",
        family: id,
        acceptable: [],
      });
    }
    const weighty = [...examples.values()].filter(({ weight }) => weight > 0);
    if (weighty.length < examples.size) dropped["too-few-users"] = examples.size - weighty.length;
    const before = won.reduce((sum, { weight }) => sum + weight, 0);
    return {
      examples: weighty.sort((a, b) => (a.id < b.id ? -1 : 1)),
      dropped,
      position,
      users: trust.size,
      distrusted: [...trust.values()].filter((one) => one < 0.5).length,
      capped: before === 0 ? 0 : 1 - weighed.reduce((sum, weight) => sum + weight, 0) / before,
    };
  }
}

/** What events at hand teach. */
export function learnExamples(
  events: readonly LoggedEvent[],
  authored: readonly Example[],
  classes: readonly string[],
  settings: Pick<Config["preprocess"], "weights" | "feedback">,
): Learnt {
  const learner = new Learner(authored, classes, settings);
  learner.add(events);
  return learner.learnt();
}

/** A vote with the rank, from 0, at which an implicit signal met its class; undefined where users said what they meant. */
export type RankedVote = Vote & { rank?: number };

/** A text as it was asked first. */
export type Asked = { text: string; lang: Served["lang"] };

/** Each answer's lesson as a vote on its text, and of each text how it was asked first. What teaches nothing is counted. */
export function votesOf(
  answers: readonly (readonly LoggedEvent[])[],
  weights: LearningWeights,
  dropped: Dropped,
): { votes: RankedVote[]; asked: Map<string, Asked> } {
  const votes: RankedVote[] = [];
  const asked = new Map<string, Asked>();
  for (const about of answers) {
    const lesson = lessonOf(about, weights);
    const { served, user = "", network } = about[0] as LoggedEvent;
    const { text, lang } = served;
    if (!lesson.taught) count(dropped, lesson.reason);
    else if (lesson.weight === 0) count(dropped, "no-weight");
    else if (text === undefined) count(dropped, "no-consent");
    else {
      const item = normalise(text);
      if (!asked.has(item)) asked.set(item, { text, lang });
      const implicit = lesson.by === "click" || lesson.by === "dwell";
      votes.push({
        user,
        item,
        label: lesson.classId,
        weight: lesson.weight,
        ...(network === undefined ? {} : { network }),
        ...(implicit ? { rank: served.shown.indexOf(lesson.classId) } : {}),
      });
    }
  }
  return { votes, asked };
}

/** The vote weighed by how seldom its rank is looked at. */
export const debiased = ({ rank, ...vote }: RankedVote, position: PositionBias): Vote => ({
  ...vote,
  weight: vote.weight * (rank === undefined ? 1 : debiasedBy(position, rank)),
});

/** Which texts are held out, which labels authors gave the others, and how much each class weighs by authors alone. */
function knownTexts(
  authored: readonly Example[],
  classes: readonly string[],
): { heldOut: Set<string>; labelsOf: Map<string, Set<number>>; weightOf: Map<number, number> } {
  const ids = new Map(classes.map((name, index) => [name, index + 1]));
  // A text that stands in two splits counts as held out.
  const heldOut = new Set<string>();
  const labelsOf = new Map<string, Set<number>>();
  const weightOf = new Map<number, number>();
  for (const { text, label, split, weight } of authored) {
    const normal = normalise(text);
    if (split === "train") {
      const id = ids.get(label) as number;
      labelsOf.set(normal, (labelsOf.get(normal) ?? new Set()).add(id));
      weightOf.set(id, (weightOf.get(id) ?? 0) + weight);
    } else if (split !== "live") heldOut.add(normal);
  }
  return { heldOut, labelsOf, weightOf };
}

/** Answers by the time they were served, then by key. */
function inOrder(answers: ReadonlyMap<string, LoggedEvent[]>): LoggedEvent[][] {
  const at = (about: readonly LoggedEvent[]): number => about[0]?.served.at ?? 0;
  return [...answers].sort(([a, one], [b, other]) => at(one) - at(other) || (a < b ? -1 : 1)).map(([, about]) => about);
}
