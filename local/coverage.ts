import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { readAuthored } from "#datasets/authored.ts";
import { type Dictionary, decodeDictionary } from "#model/dictionary.ts";
import { type Coverage, coverageOf } from "#policy/coverage.ts";
import { sha256 } from "#stores/digest.ts";
import { releasedDictionary } from "#stores/released-dictionary.ts";
import { askedQueries, usageOf } from "#training/usage.ts";
import { artefactStore, existingRegistry } from "#workers/dependencies.ts";
import type { LoadedConfig } from "./config.ts";
import { fallbackDictionary } from "./fallback.ts";
import type { Home } from "./home.ts";
import { recentLog } from "./recent-log.ts";

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
  const registry = existingRegistry(loaded.config.registry, home.registryFile);
  try {
    const artefacts = artefactStore(loaded.config.store, home.artefacts);
    const { events, pointer } = await recentLog({ home, registry, artefacts }, days, now);
    const queries = askedQueries(events);
    const digest = pointer?.dictionary ?? (registry ? await releasedDictionary(registry) : undefined);
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

const bundledDictionary = async (home: Home, { directory, config }: LoadedConfig): Promise<Uint8Array> =>
  readFile(await fallbackDictionary(await readAuthored(resolve(directory, config.dataset)), home.cache));
