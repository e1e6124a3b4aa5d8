import type { ModelSchemas, ReleaseRecord } from "#contracts/release.ts";
import {
  type CompatibilityVerdict,
  candidateVersion,
  changeBetween,
  checkCompatibility,
  compatibilityOf,
  promotedVersion,
} from "#policy/versions.ts";
import { schemasOf } from "#stores/model-schemas.ts";
import { readReleases } from "#stores/releases.ts";
import type { Dependencies } from "./dependencies.ts";
import { outstanding } from "./migrations.ts";

/** A candidate with the version it would have, and whether it may take over. Nothing is changed by asking. */
export interface Admission {
  /** As a canary; `record` has the version it is promoted to. */
  canaryVersion: string;
  record: ReleaseRecord;
  verdict: CompatibilityVerdict;
}

type Needs = Pick<Dependencies, "artefacts" | "released" | "registry">;

/**
 * Gives a candidate its version by what changed against the current model, and checks it against the compatibility matrix
 * (specification 2.2): before anything is switched, migrated or thrown away.
 *
 * @param current what serves now, or undefined before the first release
 * @param accepted `distribute.acceptBreaking`
 */
export async function admit(
  needs: Needs,
  sha256: string,
  current: { sha256: string; version: string } | undefined,
  accepted: readonly string[],
): Promise<Admission> {
  const [releases, [migration], schemas] = await Promise.all([
    readReleases(needs.registry),
    outstanding(needs.registry),
    needs.artefacts.get({ sha256 }).then(schemasOf),
  ]);
  const change =
    current === undefined ? "weights" : changeBetween(await standingSchemas(needs, releases, current), schemas);
  // Its own versions of earlier tries are no other model's.
  const others = releases.filter((one) => one.sha256 !== sha256).map(({ version }) => version);
  const taken = [...others, ...(current ? [current.version] : [])];
  const canaryVersion = candidateVersion(current?.version, change, taken);
  const version = promotedVersion(canaryVersion);
  const compatibility = compatibilityOf(version, current?.version, change, { migration, accepted });
  return {
    canaryVersion,
    record: { version, sha256, schemas, compatibility },
    verdict: checkCompatibility(current?.version, version, new Map([[version, compatibility]])),
  };
}

/** Of a model from before there were records, read from its bytes. */
async function standingSchemas(
  { artefacts, released }: Needs,
  releases: readonly ReleaseRecord[],
  { sha256, version }: { sha256: string; version: string },
): Promise<ModelSchemas> {
  const record = releases.find((one) => one.version === version && one.sha256 === sha256);
  if (record) return record.schemas;
  const from = (await artefacts.has({ sha256 })) ? artefacts : released;
  return schemasOf(await from.get({ sha256 }));
}
