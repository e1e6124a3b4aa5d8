import { z } from "zod";

/**
 * A person's wish that a run which is reset does some stages again, although their inputs are unchanged. Recorded before the reset,
 * since the new run looks up its first stage at once; `runId` is filled in as soon as the reset has named it.
 */
export const Wish = z.object({ stages: z.array(z.string()), insteadOf: z.string(), runId: z.string().optional() });
export type Wish = z.infer<typeof Wish>;

export const wishName = (workflowId: string): string => `wish/${workflowId}`;
