import { InputError } from "#contracts/errors.ts";
import type { Language } from "#contracts/event.ts";
import { detectLanguage } from "#model/language.ts";
import type { Model } from "#model/model.ts";
import { createClassifier } from "#model/score.ts";
import type { LabelledText } from "./problem.ts";

/** A query that the two models answer otherwise. */
export interface DifferentAnswer {
  text: string;
  before: string;
  after: string;
  label: string;
  lang: Language;
}

/** How many of a line's or a language's queries the later model got right alone, and lost. */
export interface Change {
  n: number;
  gained: number;
  lost: number;
}

export interface Comparison {
  n: number;
  /** Queries with the same first answer. */
  same: number;
  /** Queries that only the later model, and only the earlier one, answered right; the other differences are wrong twice. */
  gained: number;
  lost: number;
  pairs: DifferentAnswer[];
  /** By label, only where an answer was gained or lost. */
  byLine: Record<string, Change>;
  byLanguage: Partial<Record<Language, Change>>;
}

/**
 * The first answers of two models to the same labelled queries, side by side.
 * @throws InputError without queries
 */
export function compareModels(before: Model, after: Model, queries: readonly LabelledText[]): Comparison {
  if (queries.length === 0)
    throw new InputError("there is no query to compare on", "Give at least one labelled query.");
  const [earlier, later] = [before, after].map((model) => createClassifier(model)) as [Classify, Classify];
  const first = ({ classify }: Classify, text: string) => classify(text, { top: 1 }).predictions[0]?.label ?? "";
  const answers = queries.map(({ text, label, lang }) => ({
    text,
    before: first(earlier, text),
    after: first(later, text),
    label,
    lang: lang === undefined || lang === "und" ? detectLanguage(text) : lang,
  }));
  const pairs = answers.filter((answer) => answer.before !== answer.after);
  return {
    ...changeOf(answers),
    same: answers.length - pairs.length,
    pairs,
    byLine: Object.fromEntries(
      Object.entries(changesBy(answers, ({ label }) => label)).filter(([, { gained, lost }]) => gained + lost > 0),
    ),
    byLanguage: changesBy(answers, ({ lang }) => lang),
  };
}

type Classify = ReturnType<typeof createClassifier>;

function changeOf(answers: readonly DifferentAnswer[]): Change {
  const change = { n: answers.length, gained: 0, lost: 0 };
  for (const { before, after, label } of answers) {
    if (after === label && before !== label) change.gained++;
    if (before === label && after !== label) change.lost++;
  }
  return change;
}

function changesBy(
  answers: readonly DifferentAnswer[],
  groupOf: (answer: DifferentAnswer) => string,
): Record<string, Change> {
  const groups = Map.groupBy(answers, groupOf);
  return Object.fromEntries([...groups].map(([group, members]) => [group, changeOf(members)]));
}
