import { z } from "zod";

/** One thing that a person did, and the digest of all before it: what is changed or taken out later breaks the chain. */
export const AuditEntry = z.strictObject({
  /** From 1, without gaps. */
  seq: z.number().int().positive(),
  /** ms since 1970. */
  at: z.number().int(),
  person: z.string(),
  /** The command, such as `release promote`. */
  action: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** What it came to: the command's exit status. */
  status: z.number().int(),
  /** SHA-256 of the entry before; empty for the first. */
  previous: z.string(),
  /** SHA-256 of all of the above. */
  digest: z.string(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;
