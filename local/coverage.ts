import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { NotReachableError } from "#contracts/errors.ts";
import { LoggedEvent } from "#contracts/event.ts";
import type { Erasure } from "#contracts/http.ts";
import { readAuthored } from "#datasets/authored.ts";
import { type Dictionary, decodeDictionary } from "#model/dictionary.ts";
import { type Coverage, coverageOf } from "#policy/coverage.ts";
import { erasedBy } from "#policy/erasures.ts";
import { sha256 } from "#stores/digest.ts";
import { createEdgeClient, type EdgeClient } from "#stores/edge.ts";
import { cursorOf, linesOf, readDays, receivedAtOf } from "#stores/event-log.ts";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import { releasedDictionary } from "#stores/released-dictionary.ts";
import { knownErasures } from "#stores/rewrites.ts";
import { askedQueries, usageOf } from "#training/usage.ts";
import { artefactStore } from "#workers/dependencies.ts";
import type { LoadedConfig } from "./config.ts";
import { fallbackDictionary } from "./fallback.ts";
import { type Home, readEndpoints } from "./home.ts";

const DAY = 86_400_000;
const PAGE = 1000;

export interface CoverageReport extends Coverage {
  days: number;
  /** Queries with consent that were measured on. */
  queries: number;
  /** What was measured: the dictionary that was released, or the bundled one where none was. */
  dictionary: { sha256: string; source: "released" | "bundled"; words: number };
}

/**
 * How much of the queries of the last `days` days the dictionary knows (specification 3.3): of what was collected and, where the edge
 * answers, of what it got since. Starts nothing and writes nothing to the log.
 *
 * @param now ms since 1970
 */
export async function measureCoverage(
  { home, loaded }: { home: Home; loaded: LoadedConfig },
  days: number,
  now: number,
): Promise<CoverageReport> {
  const registry = existsSync(home.registryFile) ? sqliteRegistry(home.registryFile) : undefined;
  try {
    const live = await askEdge(home, registry);
    const artefacts = artefactStore(loaded.config.store, home.artefacts);
    const bounds = [now - days * DAY, now + 1];
    const isErased = erasedBy(live?.erasures ?? (registry ? await knownErasures(registry) : []));
    const [collected] = registry ? (await readDays(registry, artefacts, bounds, isErased)).days : [];
    const since = (live?.lines ?? []).filter((line) => {
      const receivedAt = receivedAtOf(line);
      return receivedAt !== undefined && receivedAt >= now - days * DAY && !isErased(line);
    });
    const queries = askedQueries([...(collected ? linesOf(collected.bytes) : []), ...since].flatMap(eventOf));
    const digest = live?.dictionary ?? (registry ? await releasedDictionary(registry) : undefined);
    const isThere = digest !== undefined && (await artefacts.has({ sha256: digest }));
    const bytes = isThere ? await artefacts.get({ sha256: digest }) : await bundledDictionary(home, loaded);
    const dictionary: Dictionary = decodeDictionary(bytes);
    return {
      ...coverageOf(usageOf(queries), new Set(dictionary.terms), loaded.config.dictionary),
      days,
      queries: queries.length,
      dictionary: {
        sha256: sha256(bytes),
        source: isThere ? "released" : "bundled",
        words: dictionary.terms.length,
      },
    };
  } finally {
    registry?.close();
  }
}

/** What the edge has beyond what was collected; undefined where it does not run. */
async function askEdge(
  home: Home,
  registry: Registry | undefined,
): Promise<{ lines: string[]; erasures: Erasure[]; dictionary: string | undefined } | undefined> {
  if (!existsSync(home.endpointsFile)) return undefined;
  const { edge: location, adminSecretFile } = readEndpoints(home);
  try {
    const edge = createEdgeClient({ ...location, adminSecret: readFileSync(adminSecretFile, "utf8").trim() });
    const cursor = registry ? await cursorOf(registry) : 0;
    const [lines, erasures, pointer] = await Promise.all([eventsAfter(edge, cursor), edge.erasures(), edge.pointer()]);
    return { lines, erasures, dictionary: pointer?.dictionary };
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

const bundledDictionary = async (home: Home, { directory, config }: LoadedConfig): Promise<Uint8Array> =>
  readFile(await fallbackDictionary(await readAuthored(resolve(directory, config.dataset)), home.cache));

function eventOf(line: string): LoggedEvent[] {
  try {
    const event = LoggedEvent.safeParse(JSON.parse(line));
    return event.success ? [event.data] : [];
  } catch {
    return [];
  }
}
