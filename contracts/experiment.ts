import { z } from "zod";
import { Rate } from "./evaluation.ts";
import { Sha256 } from "./reference.ts";

const Name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, "lower-case letters, digits and hyphens, a letter first");

/** What is tried, as it is frozen when it starts. The first arm is the control that the others are held against. */
export const ExperimentPlan = z.strictObject({
  name: Name,
  salt: z.string().min(1),
  arms: z
    .array(z.strictObject({ name: Name, sha256: Sha256, basisPoints: z.number().int().min(1).max(10_000) }))
    .min(2)
    .refine((arms) => new Set(arms.map(({ name }) => name)).size === arms.length, "each arm once")
    .refine((arms) => arms.reduce((sum, { basisPoints }) => sum + basisPoints, 0) <= 10_000, "at most everybody"),
  /** Smallest difference in accuracy that one wants to see, in absolute points. */
  mde: z.number().gt(0).lt(1),
  /** Judged answers at which the sequence is tightest (N*), and beyond which it is called inconclusive. */
  horizon: z.number().int().min(100),
  alpha: z.number().gt(0).lt(0.5).default(0.05),
  minimumDays: z.number().min(7).default(7),
});
export type ExperimentPlan = z.infer<typeof ExperimentPlan>;

export const Experiment = z.object({
  plan: ExperimentPlan,
  state: z.enum(["created", "running", "stopped"]),
  /** Digest of the plan as it was when it started: a plan that was changed since is not reported on. */
  frozen: Sha256.optional(),
  /** ms since 1970. */
  startedAt: z.number().int().optional(),
  stoppedAt: z.number().int().optional(),
  /** The event log's end at the start: what came before belongs to no arm. */
  afterSeq: z.number().int().nonnegative().optional(),
  reason: z.string().max(500).optional(),
});
export type Experiment = z.infer<typeof Experiment>;

/** What users of an arm did. One judged answer a user: users are the unit. */
export const ArmData = z.object({
  name: z.string(),
  /** Users of the arm who are in the event log. */
  users: z.number().int().nonnegative(),
  /** Of these, who gave a thumb up, or clicked and stayed 10 s. */
  converted: z.number().int().nonnegative(),
  /** Answers that users judged: right or wrong, with the control model's confidence in its own answer where the text is there. */
  judged: z.array(z.object({ right: z.boolean(), before: z.number().optional() })),
  /** Client-reported round trips, ms. */
  latency: z.array(z.number()).optional(),
});
export type ArmData = z.infer<typeof ArmData>;

const PKind = z.enum(["always-valid", "fixed-n"]);

/** One variant against the control. */
export const VariantEffect = z.object({
  arm: z.string(),
  /** Accuracy of the variant less the control's, adjusted by the control model's own score (CUPED). */
  effect: z.number().nullable(),
  interval: z.object({ lower: z.number(), upper: z.number() }).nullable(),
  /** After Holm's correction over the variants. */
  pValue: z.number().nullable(),
  kind: PKind,
});
export type VariantEffect = z.infer<typeof VariantEffect>;

/** `haqei experiment report`: fields of the best variant at the top (cli.md), all variants in `variants`. */
export const ExperimentReport = VariantEffect.omit({ arm: true }).extend({
  name: z.string(),
  state: Experiment.shape.state,
  days: z.number().nonnegative(),
  arms: z.array(
    z.object({
      name: z.string(),
      sha256: Sha256,
      users: z.number().int(),
      judged: z.number().int(),
      accuracy: Rate.nullable(),
      latency_p50: z.number().nullable(),
      conversion: Rate.nullable(),
    }),
  ),
  variants: z.array(VariantEffect),
  /** The p-value by the specification's name (2.3). */
  statistical_significance: z.number().nullable(),
  srm: z.object({ pValue: z.number().nullable(), healthy: z.boolean() }),
  decision: z.object({
    action: z.enum(["winner", "worse", "hold"]),
    arm: z.string().nullable(),
    reason: z.string(),
  }),
});
export type ExperimentReport = z.infer<typeof ExperimentReport>;
