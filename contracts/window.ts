import { z } from "zod";
import { Sha256 } from "./reference.ts";
import { LogicalDate } from "./run.ts";

/** The events a run learns from: a partition a day that has any, oldest first, each an artefact of its own (kind `window`, JSON). */
export const EventWindow = z.object({
  schema: z.literal(1),
  days: z.array(z.object({ date: LogicalDate, sha256: Sha256, events: z.number().int().positive() })),
});
export type EventWindow = z.infer<typeof EventWindow>;
