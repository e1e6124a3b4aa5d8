import { z } from "zod";
import { Sha256 } from "./reference.ts";
import { LogicalDate } from "./run.ts";

/**
 * The events a run learns from, oldest first, each partition an artefact of its own (kind `window`, JSON). A day that has any is one
 * partition, or several of neighbouring events where one would be too large to hold.
 */
export const EventWindow = z.object({
  schema: z.literal(1),
  days: z.array(z.object({ date: LogicalDate, sha256: Sha256, events: z.number().int().positive() })),
});
export type EventWindow = z.infer<typeof EventWindow>;
