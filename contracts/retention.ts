import { z } from "zod";
import { ArtefactKind, Sha256 } from "./reference.ts";

/** What retention takes away and keeps (specification 5.1): planned, or done. */
export const RetentionReport = z.object({
  done: z.boolean(),
  models: z.object({
    /** Digests that stay, each with why. */
    keep: z.array(z.object({ sha256: Sha256, why: z.string() })),
    remove: z.array(Sha256),
  }),
  /** Other artefacts that nobody made or was made from for `retention.artefactDays`; their manifests stay. */
  artefacts: z.object({
    remove: z.number().int(),
    bytes: z.number(),
    byKind: z.partialRecord(ArtefactKind, z.number().int()),
    /** Runs under way, which may be about to read some: all wait for the next time. */
    heldBy: z.array(z.string()),
  }),
  /** Log files that nobody wrote to for `retention.logDays`. */
  logs: z.array(z.object({ name: z.string(), bytes: z.number() })),
  events: z.object({
    /** Segments of the fetched log that are packed together: older than `retention.packDays`, or holding what users deleted. */
    segments: z.number().int(),
    lines: z.number().int(),
    bytes: z.number(),
    /** What they come to as compressed Arrow; absent in a plan. */
    packedBytes: z.number().optional(),
    /** Lines that were left out, since users deleted them. */
    erased: z.number().int().optional(),
  }),
  /** Partitions that another has taken the place of. */
  superseded: z.number().int(),
});
export type RetentionReport = z.infer<typeof RetentionReport>;
