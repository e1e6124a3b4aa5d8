import { existsSync, readFileSync } from "node:fs";
import { NotReachableError } from "#contracts/errors.ts";
import { LoggedEvent } from "#contracts/event.ts";
import type { Erasure } from "#contracts/http.ts";
import type { Pointer } from "#contracts/pointer.ts";
import type { Disagreement } from "#contracts/shadow.ts";
import { erasedBy } from "#policy/erasures.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import { createEdgeClient, type EdgeClient } from "#stores/edge.ts";
import { cursorOf, linesOf, readDays, receivedAtOf } from "#stores/event-log.ts";
import type { Registry } from "#stores/registry.ts";
import { knownErasures } from "#stores/rewrites.ts";
import { type Home, readEndpoints } from "./home.ts";

const DAY = 86_400_000;
const PAGE = 1000;

/** The good events of the last days, and what serves now where the edge answers. */
export interface RecentLog {
  events: LoggedEvent[];
  pointer: Pointer | undefined;
  /** What two models disagreed on in shadow runs; none where the edge does not answer. */
  disagreements: Disagreement[];
}

/**
 * What was collected of the last `days` days and, where the edge answers, what it got since, without users who had their events
 * deleted. Starts nothing and writes nothing. @param now ms since 1970
 */
export async function recentLog(
  { home, registry, artefacts }: { home: Home; registry: Registry | undefined; artefacts: ArtefactStore },
  days: number,
  now: number,
): Promise<RecentLog> {
  const live = await askEdge(home, registry);
  const from = now - days * DAY;
  const isErased = erasedBy(live?.erasures ?? (registry ? await knownErasures(registry) : []));
  const [collected] = registry ? (await readDays(registry, artefacts, [from, now + 1], isErased)).days : [];
  const since = (live?.lines ?? []).filter((line) => {
    const receivedAt = receivedAtOf(line);
    return receivedAt !== undefined && receivedAt >= from && !isErased(line);
  });
  const lines = [...(collected ? linesOf(collected.bytes) : []), ...since];
  const disagreements = (live?.disagreements ?? []).filter(({ at }) => at >= from);
  return { events: lines.flatMap(eventOf), pointer: live?.pointer, disagreements };
}

/** What the edge has beyond what was collected; undefined where it does not run. */
async function askEdge(
  home: Home,
  registry: Registry | undefined,
): Promise<({ lines: string[]; erasures: Erasure[] } & Omit<RecentLog, "events">) | undefined> {
  if (!existsSync(home.endpointsFile)) return undefined;
  const { edge: location, adminSecretFile } = readEndpoints(home);
  try {
    const edge = createEdgeClient({ ...location, adminSecret: readFileSync(adminSecretFile, "utf8").trim() });
    const cursor = registry ? await cursorOf(registry) : 0;
    const [lines, erasures, pointer, disagreements] = await Promise.all([
      eventsAfter(edge, cursor),
      edge.erasures(),
      edge.pointer(),
      edge.disagreements(),
    ]);
    return { lines, erasures, pointer, disagreements };
  } catch (error) {
    if (error instanceof NotReachableError) return undefined;
    throw error;
  }
}

async function eventsAfter(edge: EdgeClient, cursor: number): Promise<string[]> {
  const lines: string[] = [];
  for (let after = cursor; ; ) {
    const page = await edge.events(after, PAGE);
    if (page.lines.length === 0) return lines;
    lines.push(...page.lines);
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
