import type { TokenUsage } from "#contracts/dictionary.ts";
import type { LoggedEvent } from "#contracts/event.ts";
import { normalise } from "#model/normalise.ts";
import { tokensOf } from "#model/tokens.ts";

/** A query that somebody asked and let be kept. */
export interface AskedQuery {
  /** Normalised. */
  text: string;
  /** Salted hash of the user's id; empty where nobody said who asked. */
  user: string;
  /** ms since 1970. */
  at: number;
}

/** The queries with consent that events are about, each answer once however many reactions it got. */
export function askedQueries(events: readonly LoggedEvent[]): AskedQuery[] {
  const asked = new Map<string, AskedQuery>();
  for (const { served, user = "" } of events) {
    if (served.text === undefined) continue;
    const key = `${served.textHash} ${user} ${served.at}`;
    if (!asked.has(key)) asked.set(key, { text: normalise(served.text), user, at: served.at });
  }
  return [...asked.values()];
}

/** Users of a token that are told apart; who comes after them changes nothing that is asked of their number. */
const MOST_USERS = 1000;

/** Counts tokens of queries that may then be forgotten. */
export class UsageCounts {
  readonly #tokens = new Map<string, { frequency: number; users: Set<string>; lastSeen: number }>();

  add(queries: readonly AskedQuery[]): void {
    for (const { text, user, at } of queries) {
      for (const token of tokensOf(text)) {
        const known = this.#tokens.get(token) ?? { frequency: 0, users: new Set<string>(), lastSeen: 0 };
        known.frequency += 1;
        if (known.users.size < MOST_USERS) known.users.add(user);
        known.lastSeen = Math.max(known.lastSeen, at);
        this.#tokens.set(token, known);
      }
    }
  }

  /** How often, by how many users (at most `MOST_USERS`) and when last each token was asked with. */
  usage(): TokenUsage[] {
    return [...this.#tokens].map(([token, { users, ...one }]) => ({ token, ...one, users: users.size }));
  }
}

/** The same of queries at hand. */
export function usageOf(queries: readonly AskedQuery[]): TokenUsage[] {
  const counts = new UsageCounts();
  counts.add(queries);
  return counts.usage();
}

/**
 * The texts asked most, each by at least `minimumUsers` users and with how often: what one person wrote alone goes nowhere. Of queries
 * in parts, where each text is in one part, those of the whole are among those of the parts.
 */
export function frequentQueries(
  queries: readonly AskedQuery[],
  minimumUsers: number,
  most: number,
): { text: string; count: number }[] {
  const askers = new Map<string, { count: number; users: Set<string> }>();
  for (const { text, user } of queries) {
    const known = askers.get(text) ?? { count: 0, users: new Set<string>() };
    known.count += 1;
    known.users.add(user);
    askers.set(text, known);
  }
  return [...askers]
    .filter(([, { users }]) => users.size >= minimumUsers)
    .map(([text, { count }]) => ({ text, count }))
    .sort(byFrequency)
    .slice(0, most);
}

/** Most frequent first. */
export const byFrequency = (a: { text: string; count: number }, b: { text: string; count: number }): number =>
  b.count - a.count || (a.text < b.text ? -1 : 1);
