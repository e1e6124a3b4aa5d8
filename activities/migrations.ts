import { z } from "zod";
import type { ArtefactStore } from "#stores/artefacts.ts";
import type { EdgeClient } from "#stores/edge.ts";
import type { Registry } from "#stores/registry.ts";
import { releaseRecords } from "./release-records.ts";

export interface MigrationNeeds {
  registry: Registry;
  released: ArtefactStore;
  edge: Pick<EdgeClient, "pointer">;
}

/** A change of what is kept, with its way back. Both may run twice. */
export interface Migration {
  name: string;
  up(needs: MigrationNeeds): Promise<void>;
  down(needs: MigrationNeeds): Promise<void>;
}

/** In the order in which they are applied. */
const MIGRATIONS: readonly Migration[] = [releaseRecords];

const NAME = "migrations";
const Applied = z.array(z.string());

const readApplied = async (registry: Registry) => {
  const { value, epoch } = await registry.read<unknown>(NAME);
  return { applied: Applied.parse(value ?? []), epoch };
};

/** Names of what was not applied here yet, in order. */
export async function outstanding(registry: Registry, migrations = MIGRATIONS): Promise<string[]> {
  const { applied } = await readApplied(registry);
  return migrations.map(({ name }) => name).filter((name) => !applied.includes(name));
}

/**
 * Applies what is outstanding. Where one fails, it and those applied with it are taken back, and the error goes on.
 * @returns names of what was applied now, for `migrateDown`
 */
export async function migrateUp(needs: MigrationNeeds, migrations = MIGRATIONS): Promise<string[]> {
  const wanted = await outstanding(needs.registry, migrations);
  const done: string[] = [];
  try {
    for (const migration of migrations.filter(({ name }) => wanted.includes(name))) {
      done.push(migration.name);
      await migration.up(needs);
      await remember(needs.registry, (applied) => [...applied, migration.name]);
    }
  } catch (error) {
    await migrateDown(needs, done, migrations);
    throw error;
  }
  return done;
}

/** Takes back what `migrateUp` applied, last first. */
export async function migrateDown(
  needs: MigrationNeeds,
  names: readonly string[],
  migrations = MIGRATIONS,
): Promise<void> {
  for (const migration of migrations.filter(({ name }) => names.includes(name)).reverse()) {
    await migration.down(needs);
    await remember(needs.registry, (applied) => applied.filter((name) => name !== migration.name));
  }
}

async function remember(registry: Registry, to: (applied: string[]) => string[]): Promise<void> {
  const { applied, epoch } = await readApplied(registry);
  await registry.compareAndSet(NAME, epoch, to(applied));
}
