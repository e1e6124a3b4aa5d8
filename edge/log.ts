import { FeedbackEvent, type LoggedEvent } from "#contracts/event.ts";
import { type FeedbackAnswer, MAX_BATCH } from "#contracts/http.ts";
import { type EventRow, insertion } from "./event-rows.ts";
import { verifyEvent } from "./event-token.ts";
import { HttpError } from "./http-error.ts";
import { saltedHash } from "./keys.ts";
import { enqueue } from "./queue.ts";
import { within } from "./within.ts";

/** A write takes milliseconds; whoever has waited so long is asked to send again. */
const WRITE_WAIT_MS = 10_000;
/** Where a queue stands by, so much waiting already says that the log is behind. */
const QUEUE_AFTER_MS = 1000;

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

/** Writes to the log that an isolate has under way, beside each other. */
export interface Writing {
  now: number;
}

/**
 * Judges each event alone and writes the good ones in one statement, awaited: what is `accepted` is durable. An id that is
 * already there is counted a duplicate and changes nothing. In a burst, and where D1 is late or fails, they go into the queue
 * instead, where this edge has one.
 *
 * @param address the client's, where it is known; only a salted hash of its network is kept
 * @throws HttpError 400 where the body is neither an event nor a batch, 503 where it could not be written
 */
export async function logFeedback(
  env: Env,
  writing: Writing,
  body: unknown,
  address?: string,
): Promise<FeedbackAnswer> {
  const network = address === undefined ? {} : { network: saltedHash(env.EVENT_SECRET, "network", networkOf(address)) };
  const judged = eventsOf(body).map((value) => toEntry(env.EVENT_SECRET, value, network));
  const rejected: Rejection[] = [];
  const entries: Entry[] = [];
  judged.forEach((outcome, index) => {
    if ("name" in outcome) rejected.push({ index, ...outcome });
    else entries.push(outcome);
  });
  if (entries.length === 0) return { accepted: 0, duplicates: 0, rejected };
  const rows = entries.map(rowOf);
  const accepted = await writeInTime(env, writing, rows);
  if (accepted !== undefined) return { accepted, duplicates: entries.length - accepted, rejected };
  if (env.EVENTS !== undefined && (await enqueue(env.EVENTS, rows))) {
    return { accepted: entries.length, duplicates: 0, rejected, queued: entries.length };
  }
  // What is late may be written yet: sent again it is a duplicate.
  throw new HttpError(503, "LogUnavailable", "nothing of this is known to be written: send it again", {
    headers: { "retry-after": "5" },
  });
}

const rowOf = (entry: Entry): EventRow => ({
  id: entry.id,
  body: JSON.stringify(entry),
  ...(entry.user !== undefined && { user: entry.user }),
});

/** How many rows are new, or undefined where D1 fails, is late, or is not asked because enough is under way. */
async function writeInTime(env: Env, writing: Writing, rows: readonly EventRow[]): Promise<number | undefined> {
  const hasQueue = env.EVENTS !== undefined;
  if (hasQueue && writing.now >= Number(env.EVENT_WRITES_AT_ONCE)) return undefined;
  writing.now += 1;
  const written = insertion(env.LOG, rows, Date.now())
    .run()
    .then(({ meta }) => meta.changes)
    .catch((error: unknown) => {
      console.error("feedback could not be written", error);
      return undefined;
    })
    .finally(() => {
      writing.now -= 1;
    });
  return within(hasQueue ? QUEUE_AFTER_MS : WRITE_WAIT_MS, written);
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
