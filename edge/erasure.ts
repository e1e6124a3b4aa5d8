import type { Erasure } from "#contracts/http.ts";
import { saltedHash } from "./keys.ts";

/** What lets a user delete their own events: made for the user's id, and for nothing else. */
export const userToken = (env: Env, userId: string): string => saltedHash(env.EVENT_SECRET, "user-token", userId);

const REMEMBER = `INSERT INTO erasures (at, user, last_seq)
  SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER), ?1,
         max(coalesce((SELECT max(seq) FROM events), 0), coalesce((SELECT max(last_seq) FROM erasures), 0))`;

/** Deletions after `after`, oldest first, as JSON Lines of `Erasure`: whoever learns from events must know of them. */
export async function exportErasures(env: Env, after: number, limit: number): Promise<string> {
  const { results } = await env.LOG.prepare(
    "SELECT seq, at, user, last_seq AS lastSeq FROM erasures WHERE seq > ?1 ORDER BY seq LIMIT ?2",
  )
    .bind(after, limit)
    .all<Erasure>();
  return results.map((row) => `${JSON.stringify(row)}\n`).join("");
}

/** Deletes a user's events, forgets which arm they had, and remembers that it was done, together or not at all. Answers how many events there were. */
export async function eraseUser(env: Env, userId: string): Promise<number> {
  const user = saltedHash(env.EVENT_SECRET, "user", userId);
  const [, deletion] = await env.LOG.batch([
    env.LOG.prepare(REMEMBER).bind(user),
    env.LOG.prepare("DELETE FROM events WHERE json_extract(body, '$.user') = ?1").bind(user),
    env.LOG.prepare("DELETE FROM shadow_disagreements WHERE user = ?1").bind(user),
    env.LOG.prepare("DELETE FROM shadow_users WHERE user = ?1").bind(user),
    env.LOG.prepare("DELETE FROM exposures WHERE user = ?1").bind(user),
  ]);
  return deletion?.meta.changes ?? 0;
}
