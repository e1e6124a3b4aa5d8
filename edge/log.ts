import { FeedbackEvent, type LoggedEvent } from "#contracts/event.ts";
import { type FeedbackAnswer, MAX_BATCH } from "#contracts/http.ts";
import { verifyEvent } from "./event-token.ts";
import { HttpError } from "./http-error.ts";
import { saltedHash } from "./keys.ts";
import { within } from "./within.ts";

/** A write takes milliseconds; whoever has waited so long is asked to send again. */
const WRITE_WAIT_MS = 10_000;

/** Who has an IPv6 address has all that share its first half: they are one network. */
const networkOf = (address: string): string =>
  address.includes(":") ? address.split(":").slice(0, 4).join(":") : address;

/** What the log keeps of an event; `seq` and `receivedAt` are the database's to give. */
type Entry = Omit<LoggedEvent, "seq" | "receivedAt">;
type Rejection = FeedbackAnswer["rejected"][number];

/** A body is one event or `{events: [1..100]}`. @throws HttpError 400 where it is neither */
function eventsOf(body: unknown): unknown[] {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new HttpError(400, "InvalidRequest", "send one event, or {events: [...]}");
  }
  if (!("events" in body)) return [body];
  const { events } = body;
  if (!Array.isArray(events) || events.length < 1 || events.length > MAX_BATCH) {
    throw new HttpError(400, "InvalidRequest", `a batch holds 1 to ${MAX_BATCH} events`, { field: "events" });
  }
  return events;
}

function toEntry(secret: string, value: unknown, network: Pick<Entry, "network">): Entry | Omit<Rejection, "index"> {
  const parsed = FeedbackEvent.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return {
      name: "InvalidEvent",
      message: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "breaks its schema"}`,
    };
  }
  const { eventId, userId, ...event } = parsed.data;
  const served = verifyEvent(secret, eventId);
  if (served === undefined) return { name: "InvalidToken", message: "eventId: was not signed here" };
  if (event.shownId !== undefined && !served.shown.includes(event.shownId)) {
    return { name: "NotShown", message: `shownId: ${event.shownId} is not among what was shown` };
  }
  const user = userId === undefined ? {} : { user: saltedHash(secret, "user", userId) };
  return { ...event, ...user, ...network, served };
}

/**
 * Judges each event alone and writes the good ones in one D1 batch, awaited: what is `accepted` is durable. An id that is
 * already there is counted a duplicate and changes nothing.
 *
 * @param address the client's, where it is known; only a salted hash of its network is kept
 * @throws HttpError 400 where the body is neither an event nor a batch, 503 where it could not be written
 */
export async function logFeedback(env: Env, body: unknown, address?: string): Promise<FeedbackAnswer> {
  const network = address === undefined ? {} : { network: saltedHash(env.EVENT_SECRET, "network", networkOf(address)) };
  const judged = eventsOf(body).map((value) => toEntry(env.EVENT_SECRET, value, network));
  const rejected: Rejection[] = [];
  const entries: Entry[] = [];
  judged.forEach((outcome, index) => {
    if ("name" in outcome) rejected.push({ index, ...outcome });
    else entries.push(outcome);
  });
  const accepted = await insert(env.LOG, entries);
  return { accepted, duplicates: entries.length - accepted, rejected };
}

/** Time of receipt is the database's and never below the last row's, so a day that is over stays closed. */
const INSERT = `INSERT OR IGNORE INTO events (id, received_at, body)
  SELECT ?1, max(CAST(unixepoch('subsec') * 1000 AS INTEGER),
                 coalesce((SELECT received_at FROM events ORDER BY seq DESC LIMIT 1), 0)), ?2`;

async function insert(database: D1Database, entries: readonly Entry[]): Promise<number> {
  if (entries.length === 0) return 0;
  const statement = database.prepare(INSERT);
  const writes = entries.map((entry) => statement.bind(entry.id, JSON.stringify(entry)));
  const results = await within(WRITE_WAIT_MS, database.batch(writes)).catch((error: unknown) =>
    console.error("feedback could not be written", error),
  );
  // What is late may be written yet: sent again it is a duplicate.
  if (!results) {
    throw new HttpError(503, "LogUnavailable", "nothing of this is known to be written: send it again", {
      headers: { "retry-after": "5" },
    });
  }
  return results.reduce((sum, { meta }) => sum + meta.changes, 0);
}

/** Events after `after`, oldest first, as JSON Lines of `LoggedEvent`, and where to go on. */
export async function exportEvents(env: Env, after: number, limit: number): Promise<{ lines: string; next: number }> {
  const { results } = await env.LOG.prepare(
    "SELECT seq, received_at AS receivedAt, body FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2",
  )
    .bind(after, limit)
    .all<{ seq: number; receivedAt: number; body: string }>();
  // A body is the JSON of an object with members, so the two that the database gave go in front of them.
  const lines = results.map((row) => `{"seq":${row.seq},"receivedAt":${row.receivedAt},${row.body.slice(1)}\n`);
  return { lines: lines.join(""), next: results.at(-1)?.seq ?? Math.min(after, await lastSeq(env)) };
}

/** A reader that is past the end must learn of it: its log is not this one. */
async function lastSeq(env: Env): Promise<number> {
  const row = await env.LOG.prepare(
    `SELECT max(coalesce((SELECT max(seq) FROM events), 0), coalesce((SELECT max(last_seq) FROM erasures), 0)) AS last`,
  ).first<{ last: number }>();
  return row?.last ?? 0;
}
