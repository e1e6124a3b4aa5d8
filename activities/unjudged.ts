import type { LearningWeights } from "#contracts/config.ts";
import type { LoggedEvent } from "#contracts/event.ts";
import type { Example, UnjudgedQueries } from "#contracts/example.ts";
import { normalise } from "#model/normalise.ts";
import { lessonOf } from "#policy/labelling.ts";
import { byAnswer } from "./feedback.ts";

/**
 * Gathers the queries with consent that nobody judged: users reacted to their answers, and no reaction says what is right or wrong. A text
 * that authors hold out or labelled is none of them, nor one that any user judged, however unclearly.
 */
export class Unjudged {
  readonly #weights: LearningWeights;
  /** Normalised texts that are not unjudged. */
  readonly #judged: Set<string>;
  readonly #asked = new Map<string, UnjudgedQueries[number] & { users: Set<string> }>();

  constructor(authored: readonly Example[], weights: LearningWeights) {
    this.#weights = weights;
    this.#judged = new Set(authored.filter(({ split }) => split !== "live").map(({ text }) => normalise(text)));
  }

  add(events: readonly LoggedEvent[]): void {
    for (const about of byAnswer(events).values()) {
      const { served, user = "" } = about[0] as LoggedEvent;
      const { text, lang } = served;
      const item = normalise(text ?? "");
      if (text === undefined || item === "" || this.#judged.has(item)) continue;
      const lesson = lessonOf(about, this.#weights);
      if (lesson.taught || lesson.reason !== "no-signal") {
        this.#judged.add(item);
        this.#asked.delete(item);
        continue;
      }
      const known = this.#asked.get(item);
      if (known) known.users.add(user);
      else this.#asked.set(item, { text: item, lang, users: new Set([user]) });
    }
  }

  /** The `most` that the most users asked, in an order that the same events give in any home. */
  queries(most: number): UnjudgedQueries {
    return [...this.#asked.values()]
      .sort((a, b) => b.users.size - a.users.size || (a.text < b.text ? -1 : 1))
      .slice(0, most)
      .map(({ text, lang }) => ({ text, lang }));
  }
}
