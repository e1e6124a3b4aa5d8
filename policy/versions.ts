import type { Compatibility, ModelSchemas } from "#contracts/release.ts";

interface Parts {
  major: number;
  minor: number;
  patch: number;
  /** Undefined once it is released to all. */
  candidate: number | undefined;
}

function partsOf(version: string): Parts | undefined {
  const found = /^v(\d+)\.(\d+)\.(\d+)(?:-rc(\d+))?$/.exec(version);
  if (found === null) return undefined;
  const [major = 0, minor = 0, patch = 0] = found.slice(1, 4).map(Number);
  return { major, minor, patch, candidate: found[4] === undefined ? undefined : Number(found[4]) };
}

const FIRST = "v1.0.0";

/** The version that a canary has once it is released to all: without its `-rcN`. */
export const promotedVersion = (version: string): string => version.replace(/-rc\d+$/, "");

/**
 * Whether a version lies in an x-range (specification 2.2): `v1.2.x` is every patch of v1.2, `v1.x` every minor of v1, `v1.2.3` itself.
 * A canary counts as the version it is a candidate for. What is neither lies nowhere.
 */
export function inRange(range: string, version: string): boolean {
  const parts = partsOf(version);
  const wanted = /^v(\d+)\.(?:x|(\d+)\.(?:x|(\d+)))$/.exec(range);
  if (parts === undefined || wanted === null) return false;
  const [, major, minor, patch] = wanted;
  const same = (want: string | undefined, has: number) => want === undefined || Number(want) === has;
  return same(major, parts.major) && same(minor, parts.minor) && same(patch, parts.patch);
}

/** What is different between two models, seen from outside of them. */
export type Change = "weights" | "features" | "breaking";

/**
 * Weights: the same code reads both and answers mean the same. Features: texts are read in another way, but answers mean the same.
 * Breaking: other classes, or bytes that yesterday's reader does not know.
 */
export function changeBetween(before: ModelSchemas, after: ModelSchemas): Change {
  if (before.codec !== after.codec || before.classes !== after.classes) return "breaking";
  return before.features === after.features && before.normaliser === after.normaliser ? "weights" : "features";
}

/**
 * The version of a candidate: the next patch for new weights, the next minor for other features, the next major for what breaks. A number
 * that was ever released stays taken, also where it was rolled back.
 *
 * @param current version that serves, or undefined before the first release
 * @param taken all versions given so far, canaries' too
 */
export function candidateVersion(current: string | undefined, change: Change, taken: readonly string[]): string {
  const parts = current === undefined ? undefined : partsOf(current);
  let next = parts === undefined ? FIRST : bumped(parts, change);
  while (taken.includes(next)) next = bumped(partsOf(next) as Parts, "weights");
  const tried = taken.flatMap((version) =>
    promotedVersion(version) === next ? [partsOf(version)?.candidate ?? 0] : [],
  );
  return `${next}-rc${Math.max(0, ...tried) + 1}`;
}

function bumped({ major, minor, patch }: Parts, change: Change): string {
  if (change === "breaking") return `v${major + 1}.0.0`;
  return change === "features" ? `v${major}.${minor + 1}.0` : `v${major}.${minor}.${patch + 1}`;
}

const minorRange = (version: string): string => promotedVersion(version).replace(/\d+$/, "x");

/**
 * A version's row of the matrix, derived from what changed. What breaks is compatible with nothing before it, unless that
 * was accepted.
 *
 * @param migration name of the first migration that is outstanding where the model is to serve
 * @param accepted ranges of versions that may take over although they break what came before, since a person prepared for it
 */
export function compatibilityOf(
  version: string,
  current: string | undefined,
  change: Change,
  { migration, accepted = [] }: { migration?: string | undefined; accepted?: readonly string[] } = {},
): Compatibility {
  const prepared = change !== "breaking" || accepted.some((range) => inRange(range, version));
  const leads = current !== undefined && prepared;
  return {
    backward_compatible: [...new Set([minorRange(version), ...(leads ? [minorRange(current)] : [])])],
    cache_invalidation: change !== "weights",
    migration_required: migration !== undefined,
    migration_script: migration ?? null,
  };
}

export const BREAKING_ACTIONS = ["run migration script", "clear cache", "update client code"] as const;

export type CompatibilityVerdict =
  | { compatible: true; invalidateCache: boolean; migration: string | null }
  | { compatible: false; reason: "Breaking changes detected" | "Unknown version"; actions: readonly string[] };

/**
 * Whether `candidate` may take over from `current` (specification 2.2), without doing anything yet. A version that the matrix does not
 * know is refused by name.
 *
 * @param current undefined before the first release
 */
export function checkCompatibility(
  current: string | undefined,
  candidate: string,
  matrix: ReadonlyMap<string, Compatibility>,
): CompatibilityVerdict {
  const row = matrix.get(candidate);
  if (row === undefined) return { compatible: false, reason: "Unknown version", actions: ["give the model a version"] };
  if (current !== undefined && !row.backward_compatible.some((range) => inRange(range, current)))
    return { compatible: false, reason: "Breaking changes detected", actions: BREAKING_ACTIONS };
  return { compatible: true, invalidateCache: row.cache_invalidation, migration: row.migration_script };
}
