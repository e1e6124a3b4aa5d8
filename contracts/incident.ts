import { z } from "zod";

/** Something that a person must look at. Levels are those of specification 8.1: 1 minor, 2 medium, 3 serious. */
export const Incident = z.object({
  id: z.string(),
  level: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  /** Stable and machine-readable: `release-rolled-back`, `release-undecided`, `release-frozen`. */
  cause: z.string(),
  /** ms since 1970. */
  opened: z.number().int().nonnegative(),
  timeline: z.array(z.object({ at: z.number().int().nonnegative(), what: z.string() })),
});
export type Incident = z.infer<typeof Incident>;

/** Where the registry keeps them, newest first. */
export const INCIDENTS = "incidents";
