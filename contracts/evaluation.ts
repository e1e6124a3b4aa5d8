import { z } from "zod";

/** A share with its 95% interval (Wilson). */
export const Rate = z.object({ value: z.number(), lo: z.number(), hi: z.number() });
export type Rate = z.infer<typeof Rate>;

/** What one model scored on one set of labelled queries. */
export const Score = z.object({
  model: z.string(),
  n: z.number().int().nonnegative(),
  top1: Rate,
  top3: Rate,
  graded_top3: Rate,
  /** Expected calibration error, 0 to 1. */
  ece: z.number(),
  byLanguage: z.record(z.string(), z.object({ n: z.number().int(), top1: Rate, top3: Rate, graded_top3: Rate })),
});
export type Score = z.infer<typeof Score>;

/** Two models on the same queries, pair by pair: how often the candidate alone was wrong, and alone right. */
export const Pairs = z.object({ n: z.number().int(), worse: z.number().int(), better: z.number().int() });
export type Pairs = z.infer<typeof Pairs>;

/** Artefact of `04:validate`. */
export const Validation = z.object({
  schema: z.literal(1),
  split: z.literal("test"),
  candidate: Score,
  current: Score.optional(),
  pairs: Pairs.optional(),
});
export type Validation = z.infer<typeof Validation>;
