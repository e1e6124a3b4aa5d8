import { z } from "zod";

/** A step of the recovery procedure (specification 8.2), and whether it was seen to have worked. */
export const RecoverStep = z.object({ name: z.string(), ok: z.boolean(), detail: z.string(), seconds: z.number() });
export type RecoverStep = z.infer<typeof RecoverStep>;

export const Recovery = z.object({ steps: z.array(RecoverStep), recovered: z.boolean() });
export type Recovery = z.infer<typeof Recovery>;
