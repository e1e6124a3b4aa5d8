import { z } from "zod";
import { ConflictError, InputError } from "#contracts/errors.ts";
import { ArtefactReference } from "#contracts/reference.ts";
import type { ArtefactStore } from "./artefacts.ts";
import type { EdgeClient } from "./edge.ts";
import { type PlacedLine, packLines, unpackLines } from "./packed-events.ts";
import type { Registry } from "./registry.ts";

/**
 * The events fetched so far from the edge's log: how far, and in which segments. Cursor and segments change together by one
 * compare-and-set, so a crash at any point loses no event and counts none twice: bytes written but not listed are not part of it.
 */
const EventLog = z.object({
  cursor: z.number().int().nonnegative(),
  segments: z.array(
    z.object({
      reference: ArtefactReference,
      lines: z.number().int(),
      firstReceivedAt: z.number(),
      lastReceivedAt: z.number(),
      /** Its bytes are compressed Arrow (`packed-events.ts`), not the lines themselves. */
      packed: z.boolean().optional(),
    }),
  ),
});
type EventLog = z.infer<typeof EventLog>;
type Segment = EventLog["segments"][number];

const NAME = "events/log";
const PAGE = 1000;

/** Time of receipt as read from a raw line, undefined where the line is broken: such a line belongs with the one before it. */
export function receivedAtOf(line: string): number | undefined {
  // Not parsed as JSON: a broken line must still be placed, and a huge one must not be unfolded here.
  const found = /"receivedAt":(\d{1,16})/.exec(line);
  return found ? Number(found[1]) : undefined;
}

async function read(registry: Registry): Promise<{ log: EventLog; epoch: number }> {
  const { value, epoch } = await registry.read<unknown>(NAME);
  return { log: value === undefined ? { cursor: 0, segments: [] } : EventLog.parse(value), epoch };
}

/**
 * Fetches all events that the edge holds past the cursor. Answers how many lines came; calls `onPage` with the count after each
 * page. `codeDigest` goes into the segments' manifests: a day of one segment is that very artefact. Another collector that is faster is no error: its pages count as fetched.
 */
export async function fetchEvents(
  registry: Registry,
  artefacts: ArtefactStore,
  edge: Pick<EdgeClient, "events">,
  onPage: (lines: number) => void,
  codeDigest = "",
): Promise<number> {
  let fetched = 0;
  for (;;) {
    const { log, epoch } = await read(registry);
    const page = await edge.events(log.cursor, PAGE);
    if (page.next < log.cursor) {
      throw new InputError(
        `the edge's event log ends at ${page.next}, before event ${log.cursor} that was already fetched: it was begun anew`,
        "Bring the edge's data back, or, where it is gone for good, start a new home: this one's cursor belongs to the old log.",
      );
    }
    if (page.lines.length === 0) return fetched;
    const times = page.lines.flatMap((line) => receivedAtOf(line) ?? []);
    const last = log.segments.at(-1)?.lastReceivedAt ?? 0;
    const reference = await artefacts.put("events", new TextEncoder().encode(page.lines.join("\n")), {
      producedBy: "01:collect",
      parents: [],
      codeDigest,
      configDigest: "",
      metrics: { after: log.cursor, next: page.next, lines: page.lines.length },
    });
    // A broken first line belongs with the last one of the segment before, or, where there is none, with the first good one.
    const first = receivedAtOf(page.lines[0] as string) ?? (log.segments.length > 0 ? last : (times[0] ?? last));
    const segment = {
      reference,
      lines: page.lines.length,
      firstReceivedAt: first,
      lastReceivedAt: times.at(-1) ?? last,
    };
    try {
      await registry.compareAndSet(NAME, epoch, { cursor: page.next, segments: [...log.segments, segment] });
      fetched += page.lines.length;
      onPage(fetched);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

/** Digests of the segments that the log consists of. */
export const segmentDigests = async (registry: Registry): Promise<string[]> =>
  (await read(registry)).log.segments.map(({ reference }) => reference.sha256);

/** How far the edge's log was fetched. */
export const cursorOf = async (registry: Registry): Promise<number> => (await read(registry)).log.cursor;

/** One day of the log: its raw lines in the order of the log, a newline between them, in UTF-8. */
export interface DayOfLog {
  lines: number;
  bytes: Uint8Array;
}

/** The days, and the segments that hold lines which were refused. */
export interface DaysOfLog {
  days: DayOfLog[];
  refusedIn: string[];
}

const NEWLINE = 10;

/** The lines of a day's bytes, one at a time: a day's log is too long for a string of its own. */
export function* linesOf(bytes: Uint8Array): Generator<string> {
  const decoder = new TextDecoder();
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    yield decoder.decode(bytes.subarray(start, end));
    start = end + 1;
  }
}

/** A part of a day, `day` counted from 0. */
export type PartOfDay = DayOfLog & { day: number };

/**
 * Reads the log by days: day i is received from `bounds[i]` up to but not including `bounds[i + 1]` (ms since 1970, ascending), and
 * hands them on in parts of neighbouring lines, oldest first, each of at most `partBytes` bytes or one segment. Each segment is read
 * once; memory is that of a part and a segment. Lines that `refused` takes are left out; answers the segments that hold such.
 */
export async function writeParts(
  registry: Registry,
  artefacts: Pick<ArtefactStore, "get">,
  bounds: readonly number[],
  {
    partBytes,
    refused = () => false,
    write,
  }: { partBytes: number; refused?: (line: string) => boolean; write: (part: PartOfDay) => Promise<void> },
): Promise<string[]> {
  const { log } = await read(registry);
  const encoder = new TextEncoder();
  const refusedIn: string[] = [];
  const [start, end] = [bounds[0] ?? 0, bounds.at(-1) ?? 0];
  const part = { day: 0, lines: 0, size: 0, chunks: [] as Uint8Array[] };
  const close = async (): Promise<void> => {
    const { day, lines, chunks } = part;
    Object.assign(part, { lines: 0, size: 0, chunks: [] });
    if (lines > 0) await write({ day, lines, bytes: joined(chunks) });
  };
  for (const segment of log.segments) {
    if (segment.lastReceivedAt < start || segment.firstReceivedAt >= end) continue;
    const kept = new Map<number, string[]>();
    let hasRefused = false;
    for (const { line, receivedAt } of await linesOfSegment(artefacts, segment)) {
      if (receivedAt < start || receivedAt >= end) continue;
      if (refused(line)) {
        hasRefused = true;
        continue;
      }
      const day = dayOf(bounds, receivedAt);
      const lines = kept.get(day);
      if (lines) lines.push(line);
      else kept.set(day, [line]);
    }
    if (hasRefused) refusedIn.push(segment.reference.sha256);
    for (const [day, lines] of kept) {
      const chunk = encoder.encode(lines.join("\n"));
      // Time of receipt never goes back: a line of another day closes the one before.
      if (day !== part.day || part.size + chunk.length > partBytes) await close();
      part.day = day;
      part.lines += lines.length;
      part.size += chunk.length + 1;
      part.chunks.push(chunk);
    }
  }
  await close();
  return refusedIn;
}

/** The same with each day whole. */
export async function readDays(
  registry: Registry,
  artefacts: Pick<ArtefactStore, "get">,
  bounds: readonly number[],
  refused: (line: string) => boolean = () => false,
): Promise<DaysOfLog> {
  const parts = bounds.slice(1).map((): DayOfLog[] => []);
  const refusedIn = await writeParts(registry, artefacts, bounds, {
    partBytes: Number.POSITIVE_INFINITY,
    refused,
    write: async ({ day, ...part }) => void parts[day]?.push(part),
  });
  return {
    days: parts.map((own) => ({
      lines: own.reduce((sum, { lines }) => sum + lines, 0),
      bytes: joined(own.map(({ bytes }) => bytes)),
    })),
    refusedIn,
  };
}

/** Chunks with a newline between them; each is let go once it is copied. */
function joined(chunks: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length + 1, -Math.min(1, chunks.length)));
  let at = 0;
  for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
    if (at > 0) bytes[at++] = NEWLINE;
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

async function linesOfSegment(artefacts: Pick<ArtefactStore, "get">, segment: Segment): Promise<PlacedLine[]> {
  const bytes = await artefacts.get(segment.reference);
  if (segment.packed) return unpackLines(bytes);
  let receivedAt = segment.firstReceivedAt;
  return new TextDecoder()
    .decode(bytes)
    .split("\n")
    .map((line) => {
      receivedAt = receivedAtOf(line) ?? receivedAt;
      return { line, receivedAt };
    });
}

/** Which segments are to be packed: not packed yet and received before an instant (ms since 1970), or named. */
export interface Packing {
  before: number;
  holding: ReadonlySet<string>;
}

const isToBePacked = ({ reference, lastReceivedAt, packed }: Segment, { before, holding }: Packing): boolean =>
  (!packed && lastReceivedAt < before) || holding.has(reference.sha256);

/** The segments that `packSegments` would pack. */
export const segmentsToPack = async (registry: Registry, packing: Packing): Promise<Segment[]> =>
  (await read(registry)).log.segments.filter((segment) => isToBePacked(segment, packing));

/** Lines from which on another pack is begun, so that none has to be held in memory whole with all others. */
const PACK_LINES = 50_000;

export interface Packed {
  /** Digests that the log names no more. */
  replaced: string[];
  bytes: number;
  /** Lines that `refused` took. */
  refused: number;
}

/**
 * Packs neighbouring segments together as compressed Arrow, without the lines that `refused` takes; the log then names the packs in
 * their place. The bytes of what was replaced stay, for the caller to remove: readers may be at them.
 */
export async function packSegments(
  registry: Registry,
  artefacts: Pick<ArtefactStore, "get" | "put">,
  packing: Packing,
  refused: (line: string) => boolean,
): Promise<Packed> {
  for (;;) {
    const { log, epoch } = await read(registry);
    const packed: Packed = { replaced: [], bytes: 0, refused: 0 };
    const segments: Segment[] = [];
    let group: Segment[] = [];
    const close = async (): Promise<void> => {
      if (group.length === 0) return;
      const lines = (await Promise.all(group.map((segment) => linesOfSegment(artefacts, segment)))).flat();
      const kept = lines.filter(({ line }) => !refused(line));
      const reference = await artefacts.put("events", packLines(kept), {
        producedBy: "retention",
        parents: group.map(({ reference: { sha256 } }) => ({ name: "segment", sha256 })),
        codeDigest: "",
        configDigest: "",
        metrics: { lines: kept.length, segments: group.length },
      });
      const [first, last] = [group[0] as Segment, group.at(-1) as Segment];
      segments.push({
        reference,
        lines: kept.length,
        firstReceivedAt: first.firstReceivedAt,
        lastReceivedAt: last.lastReceivedAt,
        packed: true,
      });
      packed.replaced.push(
        ...group.map((segment) => segment.reference.sha256).filter((one) => one !== reference.sha256),
      );
      packed.bytes += reference.bytes;
      packed.refused += lines.length - kept.length;
      group = [];
    };
    for (const segment of log.segments) {
      if (!isToBePacked(segment, packing)) {
        await close();
        segments.push(segment);
        continue;
      }
      if (group.reduce((sum, { lines }) => sum + lines, segment.lines) > PACK_LINES) await close();
      group.push(segment);
    }
    await close();
    if (packed.replaced.length === 0) return packed;
    try {
      await registry.compareAndSet(NAME, epoch, { ...log, segments });
      return packed;
    } catch (error) {
      // A collector added a segment meanwhile: what was packed is packed again to the same bytes.
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

const dayOf = (bounds: readonly number[], at: number): number => bounds.findLastIndex((bound) => bound <= at);
