import { type Tracked, trackAccuracy } from "#activities/live-accuracy.ts";
import { artefactStore, existingRegistry } from "#workers/dependencies.ts";
import type { LoadedConfig } from "./config.ts";
import { edgeOf } from "./edge-of.ts";
import type { Home } from "./home.ts";

/** The tracker of a home, whether or not anything runs in it. Writes nothing. @param now ms since 1970 */
export async function homeAccuracy(
  { home, loaded: { config } }: { home: Home; loaded: LoadedConfig },
  days: number,
  now: number,
): Promise<Tracked> {
  const registry = existingRegistry(config.registry, home.registryFile);
  try {
    const artefacts = artefactStore(config.store, home.artefacts);
    return await trackAccuracy({ registry, artefacts, edge: edgeOf(home) }, config, days, now);
  } finally {
    registry?.close();
  }
}
