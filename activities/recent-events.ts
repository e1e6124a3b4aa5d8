import { NotReachableError } from "#contracts/errors.ts";
import { LoggedEvent } from "#contracts/event.ts";
import { erasedBy } from "#policy/erasures.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import type { EdgeClient } from "#stores/edge.ts";
import { cursorOf, linesOf, readDays, receivedAtOf } from "#stores/event-log.ts";
import type { Registry } from "#stores/registry.ts";
import { knownErasures } from "#stores/rewrites.ts";

const PAGE = 1000;
const NONE = new Uint8Array();

/** Where events are: collected ones by registry and artefacts, later ones at the edge. Either may be missing. */
export interface EventSources {
  registry: Registry | undefined;
  artefacts: Pick<ArtefactStore, "get">;
  edge: Pick<EdgeClient, "events" | "erasures"> | undefined;
}

/**
 * The good events of each day, collected or still at the edge, without those whose users had them deleted: day i is received from
 * `bounds[i]` up to but not including `bounds[i + 1]` (ms since 1970, ascending). Writes nothing. An edge that does not answer is
 * as one that is not there.
 */
export async function recentEvents(
  { registry, artefacts, edge }: EventSources,
  bounds: readonly number[],
): Promise<LoggedEvent[][]> {
  const live = edge && (await atEdge(edge, registry ? await cursorOf(registry) : 0));
  const isErased = erasedBy(live?.erasures ?? (registry ? await knownErasures(registry) : []));
  const collected = registry ? (await readDays(registry, artefacts, bounds, isErased)).days : [];
  const days = bounds.slice(1).map((_, at): string[] => [...linesOf(collected[at]?.bytes ?? NONE)]);
  const end = bounds.at(-1) ?? 0;
  for (const line of live?.lines ?? []) {
    const receivedAt = receivedAtOf(line);
    if (receivedAt === undefined || receivedAt >= end || isErased(line)) continue;
    days[bounds.findLastIndex((bound) => bound <= receivedAt)]?.push(line);
  }
  return days.map((lines) => lines.flatMap(eventOf));
}

async function atEdge(edge: Pick<EdgeClient, "events" | "erasures">, cursor: number) {
  try {
    const [lines, erasures] = await Promise.all([eventsAfter(edge, cursor), edge.erasures()]);
    return { lines, erasures };
  } catch (error) {
    if (error instanceof NotReachableError) return undefined;
    throw error;
  }
}

async function eventsAfter(edge: Pick<EdgeClient, "events">, cursor: number): Promise<string[]> {
  const lines: string[] = [];
  for (let after = cursor; ; ) {
    const page = await edge.events(after, PAGE);
    if (page.lines.length === 0) return lines;
    for (const line of page.lines) lines.push(line);
    after = page.next;
  }
}

function eventOf(line: string): LoggedEvent[] {
  try {
    const event = LoggedEvent.safeParse(JSON.parse(line));
    return event.success ? [event.data] : [];
  } catch {
    return [];
  }
}
