import type { LearningWeights } from "#contracts/config.ts";
import { LoggedEvent } from "#contracts/event.ts";
import type { Example } from "#contracts/example.ts";
import { normalise } from "#model/normalise.ts";
import { lessonOf } from "#policy/labelling.ts";
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

/**
 * Joins feedback to the answers it is about and labels their queries: one example a distinct text, its label the class with the
 * most weight among all users' lessons. Texts of held-out splits are never learnt, and ones already authored with the same label
 * teach nothing new. Needs consent: an answer without its text is counted and left out.
 */
export function learnExamples(
  events: readonly LoggedEvent[],
  authored: readonly Example[],
  classes: readonly string[],
  weights: LearningWeights,
): { examples: Example[]; dropped: Dropped } {
  const dropped: Dropped = {};
  const answers = new Map<string, LoggedEvent[]>();
  for (const event of events) {
    const { served } = event;
    const answer = `${served.textHash} ${event.user ?? ""} ${served.at}`;
    answers.set(answer, [...(answers.get(answer) ?? []), event]);
  }

  const lessons = new Map<string, { first: LoggedEvent; weightOf: Map<number, number> }>();
  // In an order of their own, so that a different order of arrival gives the same examples to the last bit.
  for (const about of inOrder(answers)) {
    const lesson = lessonOf(about, weights);
    const first = about[0] as LoggedEvent;
    const { text } = first.served;
    if (!lesson.taught) count(dropped, lesson.reason);
    else if (lesson.weight === 0) count(dropped, "no-weight");
    else if (text === undefined) count(dropped, "no-consent");
    else {
      const normal = normalise(text);
      const known = lessons.get(normal) ?? { first, weightOf: new Map<number, number>() };
      known.weightOf.set(lesson.classId, (known.weightOf.get(lesson.classId) ?? 0) + lesson.weight);
      lessons.set(normal, known);
    }
  }

  // A text that stands in two splits counts as held out.
  const heldOut = new Set<string>();
  const labelsOf = new Map<string, Set<string>>();
  for (const { text, label, split } of authored) {
    const normal = normalise(text);
    if (split === "train") labelsOf.set(normal, (labelsOf.get(normal) ?? new Set()).add(label));
    else if (split !== "live") heldOut.add(normal);
  }

  const examples: Example[] = [];
  for (const [normal, { first, weightOf }] of lessons) {
    const ranked = [...weightOf].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    const [best, second] = ranked;
    if (best === undefined || best[1] === second?.[1]) count(dropped, "contradictory");
    else if (heldOut.has(normal)) count(dropped, "held-out");
    else {
      const label = classes[best[0] - 1] as string;
      if (labelsOf.get(normal)?.has(label)) count(dropped, "already-authored");
      else {
        const { served } = first;
        // Named by the text alone: the same feedback gives the same data set in any home, whatever its secrets and clocks.
        const id = `f-${sha256(normal).slice(0, 16)}`;
        examples.push({
          id,
          label,
          text: served.text as string,
          lang: served.lang,
          split: "train",
          weight: best[1],
          source: "feedback",
          family: id,
          acceptable: [],
        });
      }
    }
  }
  return { examples: examples.sort((a, b) => (a.id < b.id ? -1 : 1)), dropped };
}

/** Answers by the time they were served, then by key. */
function inOrder(answers: ReadonlyMap<string, LoggedEvent[]>): LoggedEvent[][] {
  const at = (about: readonly LoggedEvent[]): number => about[0]?.served.at ?? 0;
  return [...answers].sort(([a, one], [b, other]) => at(one) - at(other) || (a < b ? -1 : 1)).map(([, about]) => about);
}
