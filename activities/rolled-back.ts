import { ConflictError } from "#contracts/errors.ts";
import type { Registry } from "#stores/registry.ts";

/** Why a model was taken away from users. */
export interface RollbackRecord {
  /** ms since 1970. */
  at: number;
  cause: string;
  person?: string;
}

const nameOf = (sha256: string): string => `rolled-back/${sha256}`;

/** The record of a model that was rolled back; such a one is released again only where a person asks for it. */
export const rollbackOf = async (registry: Registry, sha256: string): Promise<RollbackRecord | undefined> =>
  (await registry.read<RollbackRecord>(nameOf(sha256))).value;

/** Remembers it; the latest time counts. */
export async function rememberRollback(registry: Registry, sha256: string, record: RollbackRecord): Promise<void> {
  const { epoch } = await registry.read(nameOf(sha256));
  try {
    await registry.compareAndSet(nameOf(sha256), epoch, record);
  } catch (error) {
    // Another attempt remembered it, as well as this one.
    if (!(error instanceof ConflictError)) throw error;
  }
}
