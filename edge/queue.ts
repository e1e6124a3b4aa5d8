import { z } from "zod";
import { EventRow, insertion } from "./event-rows.ts";

/** A message holds 128 KB; JSON in JSON grows where it is escaped, which is counted. */
const MESSAGE_BYTES = 100_000;

/** Events that wait for the log. */
const Message = z.object({ rows: z.array(EventRow) });
type Message = z.infer<typeof Message>;

const bytesOf = (row: EventRow): number => new TextEncoder().encode(JSON.stringify(row)).byteLength;

/** Rows in their order, as many together as a message holds. */
export function messagesOf(rows: readonly EventRow[]): Message[] {
  const messages: Message[] = [];
  let room = 0;
  for (const row of rows) {
    const bytes = bytesOf(row);
    const last = messages.at(-1);
    if (last === undefined || bytes > room) {
      messages.push({ rows: [row] });
      room = MESSAGE_BYTES - bytes;
    } else {
      last.rows.push(row);
      room -= bytes;
    }
  }
  return messages;
}

/** Whether the queue has taken all of it; then it is as durable as in the log. */
export async function enqueue(queue: Queue, rows: readonly EventRow[]): Promise<boolean> {
  try {
    await Promise.all(messagesOf(rows).map((message) => queue.send(message)));
    return true;
  } catch (error) {
    console.error("feedback could not be queued", error);
    return false;
  }
}

/** Longest wait between two deliveries, in seconds: an hour, of the four days that a message is kept. */
const LONGEST_DELAY = 3600;

/** Seconds until a message is delivered again. @param attempts deliveries so far */
export const delayAfter = (attempts: number): number => Math.min(LONGEST_DELAY, 2 ** attempts);

/**
 * Writes what waited into the log, in the order it came. What cannot be written is delivered again, later each time, and what was
 * written before changes nothing.
 */
export async function drain({ messages }: MessageBatch, env: Env): Promise<void> {
  try {
    const writes = messages.map(({ body, timestamp }) =>
      insertion(env.LOG, Message.parse(body).rows, timestamp.getTime()),
    );
    await env.LOG.batch(writes);
    for (const message of messages) message.ack();
  } catch (error) {
    console.error("queued feedback could not be written yet", error);
    for (const message of messages) message.retry({ delaySeconds: delayAfter(message.attempts) });
  }
}
