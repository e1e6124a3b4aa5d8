import { z } from "zod";
import { ConflictError } from "#contracts/errors.ts";
import { ReleaseRecord } from "#contracts/release.ts";
import type { Registry } from "./registry.ts";

const NAME = "releases";
const Records = z.array(ReleaseRecord);

/** Every model that was given a version, oldest first. */
export async function readReleases(registry: Registry): Promise<ReleaseRecord[]> {
  return Records.parse((await registry.read<unknown>(NAME)).value ?? []);
}

/** Adds records whose versions are not there yet: what a version is never changes. */
export const addReleases = (registry: Registry, added: readonly ReleaseRecord[]): Promise<void> =>
  change(registry, (records) => {
    const known = new Set(records.map(({ version }) => version));
    return [...records, ...added.filter(({ version }) => !known.has(version))];
  });

/** Takes records back, by version: the way back of a migration. */
export const dropReleases = (registry: Registry, versions: readonly string[]): Promise<void> =>
  change(registry, (records) => records.filter(({ version }) => !versions.includes(version)));

async function change(registry: Registry, to: (records: ReleaseRecord[]) => ReleaseRecord[]): Promise<void> {
  for (;;) {
    const { value, epoch } = await registry.read<unknown>(NAME);
    try {
      await registry.compareAndSet(NAME, epoch, to(Records.parse(value ?? [])));
      return;
    } catch (error) {
      // Another was first: what it wrote is read and kept.
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
