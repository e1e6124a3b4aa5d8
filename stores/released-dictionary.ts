import { z } from "zod";
import { ConflictError } from "#contracts/errors.ts";
import { Sha256 } from "#contracts/reference.ts";
import type { Registry } from "./registry.ts";

/** The dictionary that was released last, known here as well so that coverage can be measured while nothing runs. */
const Released = z.object({ sha256: Sha256 });
const NAME = "released/dictionary";

/** Digest of the dictionary released last; undefined before the first. */
export async function releasedDictionary(registry: Registry): Promise<string | undefined> {
  const { value } = await registry.read<unknown>(NAME);
  return value === undefined ? undefined : Released.parse(value).sha256;
}

/** Notes which dictionary was released. Of two that note at once one stands: both were released just now. */
export async function noteReleasedDictionary(registry: Registry, sha256: string): Promise<void> {
  const { epoch } = await registry.read<unknown>(NAME);
  try {
    await registry.compareAndSet(NAME, epoch, { sha256 });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}
