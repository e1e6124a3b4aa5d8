import { z } from "zod";

/** What the release should do, why, and every number it rests on. */
export const Verdict = z.object({
  action: z.enum(["promote", "hold", "rollback", "freeze"]),
  /** Stable, machine-readable. */
  reason: z.string(),
  evidence: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
  policyDigest: z.string(),
});
export type Verdict = z.infer<typeof Verdict>;
