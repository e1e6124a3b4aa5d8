import { z } from "zod";

/** An estimate of `graded_top3`: the share of answers of which one of the first three was right, with its 95% interval. */
export const Estimate = z.object({ value: z.number(), lo: z.number(), hi: z.number(), n: z.number().int() });
export type Estimate = z.infer<typeof Estimate>;

/** The three sources of the tracker (specification 7.1). */
export const ACCURACY_SOURCES = ["realTime", "abTest", "feedback"] as const;
export type AccuracySource = (typeof ACCURACY_SOURCES)[number];

export const AccuracyStatus = z.enum(["OK", "WARNING", "URGENT", "UNKNOWN"]);
export type AccuracyStatus = z.infer<typeof AccuracyStatus>;

export const AccuracyDay = z.object({
  date: z.string(),
  realTime: Estimate.nullable(),
  abTest: Estimate.nullable(),
  feedback: Estimate.nullable(),
  /** The weights in force, of which those of missing sources were taken away; they add up to 1, or to 0 where all are missing. */
  weights: z.object({ realTime: z.number(), abTest: z.number(), feedback: z.number() }),
  weighted: Estimate.omit({ n: true }).nullable(),
  /** What the milestones ask for on that day; null before the first model reached everybody. */
  expected: z.number().nullable(),
  /** Expected less weighted; positive where the day falls short. */
  gap: z.number().nullable(),
  status: AccuracyStatus,
  /** What the specification asks for at that status. */
  actions: z.array(z.string()),
});
export type AccuracyDay = z.infer<typeof AccuracyDay>;

/** A setting that a person may change, and why. */
export const ConfigChange = z.object({
  path: z.array(z.string()),
  /** The value in force; null for none. */
  from: z.union([z.number(), z.string(), z.boolean(), z.null()]),
  to: z.union([z.number(), z.string(), z.boolean()]),
  /** In the specification's words. */
  action: z.string(),
  because: z.string(),
});
export type ConfigChange = z.infer<typeof ConfigChange>;

/** What a person has to do, since no setting does it. */
export const ProposedStep = z.object({ action: z.string(), command: z.string() });
export type ProposedStep = z.infer<typeof ProposedStep>;

/** The specification's measures where accuracy falls short (7.1, 7.3): offered, never done. */
export const Proposal = z.object({ changes: z.array(ConfigChange), steps: z.array(ProposedStep) });
export type Proposal = z.infer<typeof Proposal>;
