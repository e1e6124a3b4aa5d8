import { appendFile, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { LoggedEvent } from "#contracts/event.ts";
import type { EventWindow } from "#contracts/window.ts";
import { placeOf } from "#policy/buckets.ts";
import { linesOf } from "#stores/event-log.ts";
import type { Dependencies } from "./dependencies.ts";
import { type Dropped, readEvents } from "./feedback.ts";
import { linesOfWindow } from "./window.ts";

/** Events that are held as objects at once; each takes about a kilobyte. */
const SHARD_EVENTS = 100_000;
/** Characters that wait for their file, of all shards together. */
const BUFFERED = 1 << 24;

/**
 * The good events of a window, some texts at a time: whatever was said of one text, in however many answers, comes together, in the order of
 * the log. Memory is that of a shard, not of the window: a large one is first dealt out to files, by the hash of the text.
 *
 * @param dropped counts by reason of what is left out
 * @param shardEvents events from which another shard is made
 */
export async function* eventsByText(
  { artefacts, scratch }: Pick<Dependencies, "artefacts" | "scratch">,
  window: EventWindow,
  { classes, maximumEventBytes }: { classes: number; maximumEventBytes: number },
  dropped: Dropped,
  shardEvents = SHARD_EVENTS,
): AsyncGenerator<LoggedEvent[]> {
  const eventsOf = (lines: Iterable<string>): LoggedEvent[] => {
    const read = readEvents(lines, classes, maximumEventBytes);
    for (const [reason, n] of Object.entries(read.dropped)) dropped[reason] = (dropped[reason] ?? 0) + n;
    return read.events;
  };
  const total = window.days.reduce((sum, { events }) => sum + events, 0);
  const shards = Math.ceil(total / shardEvents);
  const parts = linesOfWindow(artefacts, window);
  if (shards <= 1) {
    const lines: string[] = [];
    for await (const part of parts) for (const line of part) lines.push(line);
    yield eventsOf(lines);
    return;
  }
  await mkdir(scratch, { recursive: true });
  const folder = await mkdtemp(join(scratch, "events-"));
  try {
    await dealOut(parts, folder, shards);
    for (let shard = 0; shard < shards; shard++)
      yield eventsOf(linesOf(await readFile(join(folder, String(shard))).catch(emptyWhereNone)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function dealOut(parts: AsyncIterable<Iterable<string>>, folder: string, shards: number): Promise<void> {
  const waiting = Array.from({ length: shards }, (): string[] => []);
  let buffered = 0;
  const write = async (): Promise<void> => {
    for (const [shard, lines] of waiting.entries())
      if (lines.length > 0) await appendFile(join(folder, String(shard)), `${lines.splice(0).join("\n")}\n`);
    buffered = 0;
  };
  for await (const part of parts)
    for (const line of part) {
      waiting[shardOf(line, shards)]?.push(line);
      buffered += line.length;
      if (buffered > BUFFERED) await write();
    }
  await write();
}

/** Not parsed as JSON: a line is checked once, in its shard; one that names no text goes to the first. */
function shardOf(line: string, shards: number): number {
  const found = /"textHash":"([^"]*)"/.exec(line)?.[1];
  return found === undefined ? 0 : placeOf("shard", found) % shards;
}

const emptyWhereNone = (error: NodeJS.ErrnoException): Uint8Array => {
  if (error.code !== "ENOENT") throw error;
  return new Uint8Array();
};
