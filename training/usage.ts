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

/** How often, by how many users and when last each token was asked with. */
export function usageOf(queries: readonly AskedQuery[]): TokenUsage[] {
  const usage = new Map<string, { frequency: number; users: Set<string>; lastSeen: number }>();
  for (const { text, user, at } of queries) {
    for (const token of tokensOf(text)) {
      const known = usage.get(token) ?? { frequency: 0, users: new Set<string>(), lastSeen: 0 };
      known.frequency += 1;
      known.users.add(user);
      known.lastSeen = Math.max(known.lastSeen, at);
      usage.set(token, known);
    }
  }
  return [...usage].map(([token, { users, ...one }]) => ({ token, ...one, users: users.size }));
}

/** The texts asked most, each by at least `minimumUsers` users: what one person wrote alone goes nowhere. */
export function frequentQueries(queries: readonly AskedQuery[], minimumUsers: number, most: number): string[] {
  const askers = new Map<string, { count: number; users: Set<string> }>();
  for (const { text, user } of queries) {
    const known = askers.get(text) ?? { count: 0, users: new Set<string>() };
    known.count += 1;
    known.users.add(user);
    askers.set(text, known);
  }
  return [...askers]
    .filter(([, { users }]) => users.size >= minimumUsers)
    .sort((a, b) => b[1].count - a[1].count || (a[0] < b[0] ? -1 : 1))
    .slice(0, most)
    .map(([text]) => text);
}
