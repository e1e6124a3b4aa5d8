import { NotFoundError } from "#contracts/errors.ts";
import type { Pointer } from "#contracts/pointer.ts";
import type { Candidate } from "#contracts/rollout.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";

export interface ShareCall {
  candidate: Candidate;
  /** 0: as a shadow, seen by nobody. */
  percentage: number;
  /** Share of people for whom a shadow answers beside the current model, 0 to 1. */
  sample?: number;
  /** Its first share: whatever canary a broken-off rollout left is replaced. Later ones find their own or nothing. */
  first: boolean;
  /** With the last share, kept answers are thrown away by the same move. */
  cacheInvalidation?: boolean;
}

export type Switched = { withdrawn: true } | { withdrawn: false; epoch: number; afterSeq: number };

/** Beyond any row: the log answers where it ends. */
const END = Number.MAX_SAFE_INTEGER;

/**
 * Gives the candidate a share of users, none of them at 0% and all at 100%, by compare-and-set to a higher epoch. What an attempt before it did stands.
 * `withdrawn` where somebody took the canary away meanwhile: that is theirs to decide.
 */
export const setShare =
  ({ edge }: Pick<Dependencies, "edge">) =>
  (call: ShareCall): Promise<Switched> =>
    named(async () => {
      const pointer = await edge.pointer();
      if (!pointer) throw new NotFoundError("nothing is released", "Release a first model: haqei run daily.");
      const { next: afterSeq } = await edge.events(END, 1);
      const after = pointerAfter(pointer, call);
      if (after === "withdrawn") return { withdrawn: true };
      if (after === "stands") return { withdrawn: false, epoch: pointer.epoch, afterSeq };
      await edge.putPointer(after, pointer.epoch);
      return { withdrawn: false, epoch: after.epoch, afterSeq };
    });

function pointerAfter(
  pointer: Pointer,
  { candidate, percentage, sample = 0, first, cacheInvalidation }: ShareCall,
): Pointer | "stands" | "withdrawn" {
  const { sha256, version, readings, dictionary } = candidate;
  const { current, canary, shadow, previous, ...rest } = pointer;
  const basisPoints = Math.round(percentage * 100);
  const ours = canary?.sha256 === sha256 || shadow?.sha256 === sha256;
  const full = percentage === 100;
  const has = full
    ? current.sha256 === sha256
    : percentage === 0
      ? shadow?.sha256 === sha256 && shadow.sample === sample && canary === undefined
      : canary?.sha256 === sha256 && canary.basisPoints === basisPoints;
  if (has) return "stands";
  if (!first && !ours) return "withdrawn";
  const epoch = pointer.epoch + 1;
  const asCandidate = { sha256, version: `${version}-rc1` };
  if (full)
    return {
      ...rest,
      epoch,
      current: { sha256, version },
      previous: current,
      cacheGeneration: rest.cacheGeneration + (cacheInvalidation ? 1 : 0),
      ...(readings ? { readings } : {}),
      ...(dictionary ? { dictionary } : {}),
    };
  return {
    ...rest,
    epoch,
    current,
    ...(previous ? { previous } : {}),
    ...(percentage === 0 ? { shadow: { ...asCandidate, sample } } : { canary: { ...asCandidate, basisPoints } }),
    // A salt of its own: each rollout begins with other people.
    salt: first ? `rollout-${sha256.slice(0, 12)}-${epoch}` : pointer.salt,
  };
}
