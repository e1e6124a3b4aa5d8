import type { Pointer } from "#contracts/pointer.ts";
import { type KeptModel, planRetention, type RetentionPlan } from "#policy/retention.ts";
import type { StoredArtefact } from "#stores/artefacts.ts";
import { readExperiments } from "#stores/experiments.ts";
import type { Dependencies } from "./dependencies.ts";

/** What a run that is under way has made is younger than this, and may be referred to in a moment. */
const UNDER_WAY_MS = 86_400_000;

type Needs = Pick<Dependencies, "artefacts" | "released" | "edge" | "registry" | "now">;

/**
 * Which models' bytes may go: those neither among the latest `count` (specification 5.1) nor referred to, in the artefact store and
 * in R2.
 *
 * @param waiting digests that a rollout holds and no pointer names yet
 */
export async function planModels(
  { artefacts, released, edge, registry, now }: Needs,
  waiting: readonly string[],
  count: number,
): Promise<RetentionPlan> {
  const [here, there, pointer, experiments] = await Promise.all([
    artefacts.list(),
    released.list(),
    edge.pointer(),
    readExperiments(registry),
  ]);
  const { models, originals } = modelsOf([...here, ...there]);
  const young = models.filter(({ storedAt }) => storedAt > now() - UNDER_WAY_MS);
  const referenced = new Map<string, string>([
    ...[...young, ...originals.filter(({ storedAt }) => storedAt > now() - UNDER_WAY_MS)].map(
      ({ sha256 }) => [sha256, "under way"] as const,
    ),
    ...waiting.map((sha256) => [sha256, "rollout"] as const),
    ...experiments.flatMap(({ plan, state }) =>
      state === "stopped" ? [] : plan.arms.map(({ sha256 }) => [sha256, `experiment ${plan.name}`] as const),
    ),
    ...(pointer ? pointed(pointer) : []),
  ]);
  return planRetention(
    models,
    originals.map(({ sha256 }) => sha256),
    referenced,
    count,
  );
}

/** Takes the bytes of models away. Manifests stay, so that lineage can still be told. May run twice. */
export async function removeModels(
  { artefacts, released }: Pick<Needs, "artefacts" | "released">,
  digests: readonly string[],
): Promise<void> {
  for (const sha256 of digests) {
    await released.remove({ sha256 });
    await artefacts.remove({ sha256 });
  }
}

const pointed = ({ current, canary, previous, shadow, experiments }: Pointer): [string, string][] => [
  [current.sha256, "current"],
  ...(canary ? [[canary.sha256, "canary"] as [string, string]] : []),
  ...(previous ? [[previous.sha256, "previous"] as [string, string]] : []),
  ...(shadow ? [[shadow.sha256, "shadow"] as [string, string]] : []),
  ...experiments.flatMap(({ name, arms }) =>
    arms.map(({ sha256 }): [string, string] => [sha256, `experiment ${name}`]),
  ),
];

/** Models whose bytes are in either store, those as trained apart from those that may be shipped. */
function modelsOf(stored: readonly StoredArtefact[]): { models: KeptModel[]; originals: KeptModel[] } {
  const found = new Map<string, KeptModel & { trained: boolean }>();
  for (const { manifest, storedAt } of stored) {
    if (manifest.kind !== "model" || storedAt === undefined) continue;
    const original = manifest.parents.find(({ name }) => name === "model")?.sha256;
    const latest = Math.max(storedAt, found.get(manifest.sha256)?.storedAt ?? 0);
    found.set(manifest.sha256, {
      sha256: manifest.sha256,
      storedAt: latest,
      ...(original ? { original } : {}),
      trained: manifest.producedBy === "03:train",
    });
  }
  const all = [...found.values()];
  return { models: all.filter(({ trained }) => !trained), originals: all.filter(({ trained }) => trained) };
}
