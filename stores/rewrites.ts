import { z } from "zod";
import { ConflictError } from "#contracts/errors.ts";
import { Erasure } from "#contracts/http.ts";
import { Sha256 } from "#contracts/reference.ts";
import { LogicalDate } from "#contracts/run.ts";
import type { Registry } from "./registry.ts";

/**
 * What retention has to do because users deleted their events: artefacts that still hold some of them, or that other partitions of
 * the same day have taken the place of. No later run reads a partition that is listed here; of a segment it leaves out the lines.
 */
const Rewrites = z.object({
  /** The deletions that are taken account of. */
  erasures: z.array(Erasure),
  /** The partitions of each day as they stand. */
  partitions: z.record(LogicalDate, z.union([Sha256.transform((one) => [one]), z.array(Sha256)])),
  segments: z.array(Sha256),
  superseded: z.array(Sha256),
});
type Rewrites = z.infer<typeof Rewrites>;

const NAME = "events/rewrites";

const NOTHING: Rewrites = { erasures: [], partitions: {}, segments: [], superseded: [] };

async function read(registry: Registry): Promise<{ before: Rewrites; epoch: number }> {
  const { value, epoch } = await registry.read<unknown>(NAME);
  return { before: value === undefined ? NOTHING : Rewrites.parse(value), epoch };
}

/** The deletions that the last collection knew of. */
export const knownErasures = async (registry: Registry): Promise<Erasure[]> => (await read(registry)).before.erasures;

/** Remembers the deletions, which partitions stand for each day, and what is to be rewritten or deleted. Answers how many artefacts that is now. */
export async function planRewrites(
  registry: Registry,
  { erasures, partitions, segments }: Omit<Rewrites, "superseded">,
): Promise<number> {
  for (;;) {
    const { before, epoch } = await read(registry);
    const standing = { ...before.partitions, ...partitions };
    const current = new Set(Object.values(standing).flat());
    const after: Rewrites = {
      erasures: erasures.length > before.erasures.length ? erasures : before.erasures,
      partitions: standing,
      segments: [...new Set([...before.segments, ...segments])],
      superseded: [...new Set([...before.superseded, ...Object.values(before.partitions).flat()])].filter(
        (sha256) => !current.has(sha256),
      ),
    };
    try {
      if (JSON.stringify(after) !== JSON.stringify(before)) await registry.compareAndSet(NAME, epoch, after);
      return after.segments.length + after.superseded.length;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

/** What retention still has to do: segments to rewrite, partitions to remove, and the partitions that stand and must not go. */
export async function pendingRewrites(
  registry: Registry,
): Promise<{ erasures: Erasure[]; segments: string[]; superseded: string[]; standing: string[] }> {
  const { erasures, segments, superseded, partitions } = (await read(registry)).before;
  return { erasures, segments, superseded, standing: Object.values(partitions).flat() };
}

/** Strikes off what retention has done. */
export async function settleRewrites(
  registry: Registry,
  done: { segments: readonly string[]; superseded: readonly string[] },
): Promise<void> {
  for (;;) {
    const { before, epoch } = await read(registry);
    const left = (all: readonly string[], gone: readonly string[]) => all.filter((one) => !gone.includes(one));
    const after: Rewrites = {
      ...before,
      segments: left(before.segments, done.segments),
      superseded: left(before.superseded, done.superseded),
    };
    try {
      if (JSON.stringify(after) !== JSON.stringify(before)) await registry.compareAndSet(NAME, epoch, after);
      return;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
