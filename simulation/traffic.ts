import { Language, type LoggedEvent } from "#contracts/event.ts";
import type { Example } from "#contracts/example.ts";
import { detectLanguage } from "#model/language.ts";
import { normalise } from "#model/normalise.ts";
import { explore } from "#policy/exploration.ts";
import { areLines } from "./lines.ts";
import { perturb } from "./perturb.ts";
import { randomOf } from "./random.ts";
import { type Reaction, reactionsTo, userOf } from "./users.ts";

/** An event before the log has given it its number. */
export type SimulatedEvent = Omit<LoggedEvent, "seq">;

/** A model as users meet it. */
export interface Served {
  digest: string;
  /** Class ids for a text, best first, at least one. */
  answer(text: string): number[];
}

export interface Traffic {
  seed: number;
  date: string;
  /** Bounds of the day, ms since 1970. */
  from: number;
  to: number;
  /** What is asked, with the labels that only users know. */
  queries: readonly Pick<Example, "label" | "text" | "lang">[];
  classes: readonly string[];
  /** Queries and users a day. */
  n: number;
  users: number;
  /** Share of answers whose order is explored. */
  exploration: number;
  /** Share of users who answer everything with one and the same false correction. */
  hostile?: number;
}

/**
 * A day of simulated users without any server: what they ask, what `served` answers and what they say to it, as the edge would log
 * it. All consent. A reaction may come after midnight: it bears its own time. The same arguments give the same events.
 */
export function trafficOf(day: Traffic, served: Served): SimulatedEvent[] {
  const { seed, date, from, to, queries, classes, n, users, exploration, hostile = 0 } = day;
  const ofLines = areLines(classes);
  const ids = new Map(classes.map((name, index) => [name, index + 1]));
  const order = randomOf(`order/${seed}/${date}`).shuffled(queries);
  const events: SimulatedEvent[] = [];
  for (let place = 0; place < n; place++) {
    const query = order[place % order.length] as Traffic["queries"][number];
    const truth = ids.get(query.label);
    if (truth === undefined) continue;
    const key = `sim-${seed}-${date}-${place}`;
    const random = randomOf(`ask/${key}`);
    const index = random.below(users);
    const user = userOf(seed, index);
    const text = perturb(query.text, query.lang, random);
    const at = Math.floor(from + ((to - from) * place) / n);
    const { order: shown, propensity } = explore(served.answer(text), exploration, random.next());
    const language = Language.safeParse(query.lang);
    const answer: LoggedEvent["served"] = {
      model: served.digest,
      bucket: "current",
      shown: [...shown],
      propensity,
      // In place of the salted hash: nobody is to be protected from here.
      textHash: normalise(text),
      lang: language.success ? language.data : detectLanguage(text),
      at,
      text,
    };
    const reactions: Reaction[] =
      index < hostile * users
        ? [
            {
              id: `${key}-correction`,
              type: "correction",
              delay: 5000,
              times: 1,
              correctId: (truth % classes.length) + 1,
            },
          ]
        : reactionsTo({ key, user, truth, classes: classes.length, ofLines }, shown);
    for (const { delay, times: _, ...said } of reactions)
      events.push({ ...said, at: at + delay, receivedAt: at + delay, user: user.id, served: answer });
  }
  return events;
}
