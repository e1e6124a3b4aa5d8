import type { Pointer } from "#contracts/pointer.ts";
import type { ReleaseRecord } from "#contracts/release.ts";
import { changeBetween, compatibilityOf } from "#policy/versions.ts";
import { schemasOf } from "#stores/model-schemas.ts";
import { addReleases, dropReleases } from "#stores/releases.ts";
import type { Migration, MigrationNeeds } from "./migrations.ts";

/** What the pointer of a home from before there were records says of its models; those whose bytes are gone are left out. */
async function standing({ released }: MigrationNeeds, { previous, current }: Pointer): Promise<ReleaseRecord[]> {
  const records: ReleaseRecord[] = [];
  for (const { version, sha256 } of [...(previous ? [previous] : []), current]) {
    if (!(await released.has({ sha256 }))) continue;
    const schemas = schemasOf(await released.get({ sha256 }));
    const before = records.at(-1);
    const change = before ? changeBetween(before.schemas, schemas) : "weights";
    records.push({ version, sha256, schemas, compatibility: compatibilityOf(version, before?.version, change) });
  }
  return records;
}

/**
 * Gives the models that a home serves since before versions were recorded their records: without one, a new model's version could not be
 * told from theirs.
 */
export const releaseRecords: Migration = {
  name: "0001-release-records",
  async up(needs) {
    const pointer = await needs.edge.pointer();
    if (pointer) await addReleases(needs.registry, await standing(needs, pointer));
  },
  async down(needs) {
    const pointer = await needs.edge.pointer();
    if (!pointer) return;
    await dropReleases(
      needs.registry,
      (await standing(needs, pointer)).map(({ version }) => version),
    );
  },
};
