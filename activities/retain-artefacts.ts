import type { ArtefactKind } from "#contracts/reference.ts";
import type { RetentionReport } from "#contracts/retention.ts";
import { type MadeArtefact, neededBy } from "#policy/retention.ts";
import { segmentDigests } from "#stores/event-log.ts";
import type { Dependencies } from "./dependencies.ts";
import { windowOf } from "./window.ts";

/** Models and blessings have a policy of their own; reports are read by people. */
const STAYS: readonly ArtefactKind[] = ["model", "blessing", "report"];

type Needs = Pick<Dependencies, "artefacts" | "registry" | "edge">;

/**
 * Which other artefacts' bytes may go: put before an instant, and nothing needs them that is kept: no model, no pointer, no
 * segment of the log, nothing younger, and no partition that a window among these names. A stage that wants one again makes it again.
 *
 * @param models digests of models that stay
 * @param before ms since 1970
 * @param heldBy runs under way: while there are any nothing goes, since they may be about to read what only they name
 */
export async function planArtefacts(
  { artefacts, registry, edge }: Needs,
  models: readonly string[],
  { before, heldBy }: { before: number; heldBy: readonly string[] },
): Promise<{ remove: string[]; report: RetentionReport["artefacts"] }> {
  const [stored, pointer, segments] = await Promise.all([artefacts.list(), edge.pointer(), segmentDigests(registry)]);
  const made = stored.map(({ manifest: { sha256, parents }, storedAt }): MadeArtefact => {
    return { sha256, parents: parents.map((parent) => parent.sha256), storedAt };
  });
  const young = made.flatMap(({ sha256, storedAt }) => (storedAt !== undefined && storedAt >= before ? [sha256] : []));
  const served = [pointer?.dictionary, pointer?.readings].flatMap((sha256) => sha256 ?? []);
  const needed = neededBy([...models, ...served, ...segments, ...young], made);
  for (const { manifest, storedAt } of stored) {
    if (manifest.kind !== "window" || storedAt === undefined || !needed.has(manifest.sha256)) continue;
    for (const { sha256 } of windowOf(await artefacts.get(manifest)).days) needed.add(sha256);
  }
  const gone = stored.filter(
    ({ manifest: { sha256, kind }, storedAt }) =>
      heldBy.length === 0 && storedAt !== undefined && !needed.has(sha256) && !STAYS.includes(kind),
  );
  const byKind = Object.fromEntries(
    [...Map.groupBy(gone, ({ manifest }) => manifest.kind)].map(([kind, own]) => [kind, own.length]),
  );
  const bytes = gone.reduce((sum, { manifest }) => sum + manifest.bytes, 0);
  return {
    remove: gone.map(({ manifest }) => manifest.sha256),
    report: { remove: gone.length, bytes, byKind, heldBy: [...heldBy] },
  };
}
