import { z } from "zod";
import { Verdict } from "./verdict.ts";

const Count = z.number().int().nonnegative();

/** What one arm of a stage saw. Users are the unit of evidence; requests are told for people. */
export const JudgedArm = z
  .strictObject({
    users: Count,
    /** Users who met at least one error. */
    usersWithError: Count,
    requests: Count.optional(),
    errors: Count.optional(),
  })
  .refine((arm) => arm.usersWithError <= arm.users, {
    path: ["usersWithError"],
    message: "more users with an error than users",
  })
  .refine((arm) => arm.requests === undefined || arm.errors === undefined || arm.errors <= arm.requests, {
    path: ["errors"],
    message: "more errors than requests",
  });
export type JudgedArm = z.infer<typeof JudgedArm>;

const Milliseconds = z.array(z.number().nonnegative());

/** What is known of one stage of a rollout. Any part may be absent. */
export const StageEvidence = z.strictObject({
  /** Share of users that the canary is given (0: a shadow, shown to nobody), hours since the stage began, and hours it is planned for. */
  stage: z
    .strictObject({
      share: z.number().nonnegative().max(1),
      hours: z.number().nonnegative(),
      plannedHours: z.number().nonnegative(),
    })
    .optional(),
  canary: JudgedArm.optional(),
  stable: JudgedArm.optional(),
  /** Users that the hash gave to each arm. */
  assigned: z.strictObject({ canary: Count, stable: Count }).optional(),
  /** Both models on the same labelled queries: how often the canary alone was wrong, and alone right. */
  accuracy: z
    .strictObject({ n: Count, worse: Count, better: Count })
    .refine((pairs) => pairs.worse + pairs.better <= pairs.n, {
      path: ["n"],
      message: "fewer pairs than worse and better ones",
    })
    .optional(),
  /** Round trips in ms as clients report them. */
  latency: z.strictObject({ canary: Milliseconds, stable: Milliseconds }).optional(),
  /**
   * Queries that both models answered, one a user, and of them the differing answers that nobody labelled. `labelled` are those that
   * somebody did, whichever model was right; they are taken for a sample of all that differ.
   */
  shadow: z
    .strictObject({
      n: Count,
      unlabelled: Count,
      labelled: z
        .strictObject({ n: Count, worse: Count, better: Count })
        .refine((labelled) => labelled.worse + labelled.better <= labelled.n, {
          path: ["n"],
          message: "fewer labels than worse and better ones",
        })
        .optional(),
    })
    .refine((shadow) => shadow.unlabelled + (shadow.labelled?.n ?? 0) <= shadow.n, {
      path: ["unlabelled"],
      message: "more disagreements than queries",
    })
    .optional(),
});
export type StageEvidence = z.infer<typeof StageEvidence>;

/** What `haqei judge --data` takes: the stage under way, and the finished ones before it. */
export const JudgeData = StageEvidence.extend({ earlier: z.array(StageEvidence).optional() });
export type JudgeData = z.infer<typeof JudgeData>;

export const JudgeReason = z.enum([
  // rollback
  "errors-worse",
  "accuracy-worse",
  "latency-worse",
  // freeze
  "both-arms-bad",
  "canary-bad-uncompared",
  // hold
  "no-data",
  "no-assignment",
  "no-stage",
  "no-accuracy",
  "no-latency",
  "sample-ratio",
  "too-early",
  "too-few-users",
  "latency-slower",
  "shadow-disagreement",
  "errors-undecided",
  "accuracy-undecided",
  "ask-a-person",
  // promote
  "within-limits",
]);
export type JudgeReason = z.infer<typeof JudgeReason>;

export const JudgeVerdict = Verdict.extend({ reason: JudgeReason });
export type JudgeVerdict = z.infer<typeof JudgeVerdict>;
