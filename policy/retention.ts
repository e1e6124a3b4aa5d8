/** A model whose bytes are kept. */
export interface KeptModel {
  sha256: string;
  /** When it was put (ms since 1970). */
  storedAt: number;
  /** The model it was compressed from, which goes where it goes. */
  original?: string;
}

export interface RetentionPlan {
  /** Digests that stay, each with why: `latest`, or what refers to it. */
  keep: { sha256: string; why: string }[];
  remove: string[];
}

/**
 * Which models' bytes may go: all but the latest, and never one that something refers to. Originals stay as long as a model that
 * was compressed from them.
 *
 * @param models shipped or shippable models, in any order
 * @param originals uncompressed ones that are kept
 * @param referenced by digest, what refers to a model: pointer, experiment, rollout, blessing
 */
export function planRetention(
  models: readonly KeptModel[],
  originals: readonly string[],
  referenced: ReadonlyMap<string, string>,
  count: number,
): RetentionPlan {
  const latest = [...models].sort(
    (a, b) => b.storedAt - a.storedAt || (a.sha256 < b.sha256 ? -1 : Number(a.sha256 > b.sha256)),
  );
  const keep = new Map<string, string>();
  for (const [index, { sha256, original }] of latest.entries()) {
    const why = referenced.get(sha256) ?? (index < count ? "latest" : undefined);
    if (why === undefined) continue;
    keep.set(sha256, why);
    if (original !== undefined && !keep.has(original)) keep.set(original, `original of ${sha256.slice(0, 12)}`);
  }
  for (const [sha256, why] of referenced) keep.set(sha256, why);
  const here = new Set([...models.map(({ sha256 }) => sha256), ...originals]);
  return {
    keep: [...keep].filter(([sha256]) => here.has(sha256)).map(([sha256, why]) => ({ sha256, why })),
    remove: [...here].filter((sha256) => !keep.has(sha256)).sort(),
  };
}

/** An artefact that was put at some time, with what it was made from. */
export interface MadeArtefact {
  sha256: string;
  parents: readonly string[];
  /** When its bytes were put (ms since 1970); undefined where they are gone. */
  storedAt: number | undefined;
}

/**
 * Digests that what is kept was made from, over however many steps, those that are kept among them.
 *
 * @param roots what is kept for its own sake
 */
export function neededBy(roots: Iterable<string>, made: readonly MadeArtefact[]): Set<string> {
  const parents = new Map(made.map((one) => [one.sha256, one.parents]));
  const needed = new Set(roots);
  // A set that grows while it is walked is walked to its new end.
  for (const sha256 of needed) for (const parent of parents.get(sha256) ?? []) needed.add(parent);
  return needed;
}
