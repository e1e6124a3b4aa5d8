import { z } from "zod";
import { Language } from "./event.ts";
import { Split } from "./example.ts";
import { Domain, Register } from "./line.ts";

/** One authored query of the 384 lines, as `haqei dataset export` writes it. */
export const QueryRecord = z.strictObject({
  id: z.string(),
  lineId: z.number().int().min(1).max(384),
  text: z.string().min(1),
  /** Lines that count as right beside `lineId` where answers are graded: nearly as right, or declared twins. */
  acceptable: z.array(z.strictObject({ id: z.number().int().min(1).max(384), grade: z.number().int().min(1).max(2) })),
  lang: Language,
  family: z.string(),
  /** Noted of all but contrast queries. */
  domain: Domain.optional(),
  register: Register.optional(),
  lengthBand: z.enum(["short", "medium", "long"]),
  /** It holds a negation. */
  negation: z.boolean(),
  /** What a contrast query changes. */
  kind: z.enum(["negation", "subject", "past"]).optional(),
  author: z.string(),
  split: Split,
});
export type QueryRecord = z.infer<typeof QueryRecord>;
