import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { recentEvents } from "#activities/recent-events.ts";
import { NotReachableError } from "#contracts/errors.ts";
import { readAuthored } from "#datasets/authored.ts";
import { type Dictionary, decodeDictionary } from "#model/dictionary.ts";
import { type Coverage, coverageOf } from "#policy/coverage.ts";
import { sha256 } from "#stores/digest.ts";
import { createEdgeClient, type EdgeClient } from "#stores/edge.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { releasedDictionary } from "#stores/released-dictionary.ts";
import { askedQueries, usageOf } from "#training/usage.ts";
import { artefactStore } from "#workers/dependencies.ts";
import type { LoadedConfig } from "./config.ts";
import { fallbackDictionary } from "./fallback.ts";
import { type Home, readEndpoints } from "./home.ts";

const DAY = 86_400_000;

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
    const edge = edgeOf(home);
    const artefacts = artefactStore(loaded.config.store, home.artefacts);
    const [events = []] = await recentEvents({ registry, artefacts, edge }, [now - days * DAY, now + 1]);
    const queries = askedQueries(events);
    const live = await edge?.pointer().catch(unlessUnreachable);
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

/** The edge of a home that was started; undefined where nothing was. */
export function edgeOf(home: Home): EdgeClient | undefined {
  if (!existsSync(home.endpointsFile)) return undefined;
  const { edge, adminSecretFile } = readEndpoints(home);
  return createEdgeClient({ ...edge, adminSecret: readFileSync(adminSecretFile, "utf8").trim() });
}

function unlessUnreachable(error: unknown): undefined {
  if (!(error instanceof NotReachableError)) throw error;
}

const bundledDictionary = async (home: Home, { directory, config }: LoadedConfig): Promise<Uint8Array> =>
  readFile(await fallbackDictionary(await readAuthored(resolve(directory, config.dataset)), home.cache));
