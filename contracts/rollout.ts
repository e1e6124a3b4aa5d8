import { z } from "zod";
import { ReleaseConfig } from "./config.ts";
import { JudgeVerdict, type StageEvidence } from "./judge.ts";
import { Sha256 } from "./reference.ts";

/** The one workflow id of all rollouts: the server lets only one of an id run. */
export const ROLLOUT_ID = "rollout";

/** A model on its way to users. */
export const Candidate = z.strictObject({
  sha256: Sha256,
  /** The version it will have as the current model; as the canary it is `<version>-rc1`. */
  version: z.string().min(1),
  /** Readings to be shown with its predictions. */
  readings: Sha256.optional(),
  /** Keyword dictionary to score by where it cannot. */
  dictionary: Sha256.optional(),
  /** What likely queries are taken from once everybody has it: the events and the authored data of its run. */
  warmFrom: z.strictObject({ window: Sha256, authored: Sha256 }).optional(),
  /** Of an emergency, which is in canary within minutes: it does not begin in shadow. */
  urgent: z.boolean().optional(),
  /** Who asked for it, where a person did: only then may a model that was rolled back be released. */
  person: z.string().min(1).max(100).optional(),
  reason: z.string().min(1).max(500).optional(),
});
export type Candidate = z.infer<typeof Candidate>;

/** What a person says to a rollout. Both are recorded. */
export const Command = z.strictObject({
  person: z.string().min(1).max(100),
  reason: z.string().trim().min(1).max(500),
});
export type Command = z.infer<typeof Command>;

export const CommandName = z.enum(["pause", "resume", "abort", "promote", "rollback"]);
export type CommandName = z.infer<typeof CommandName>;

export const RolloutState = z.enum([
  "opening",
  "awaiting-approval",
  /** The freeze calendar is closed. */
  "closed",
  "switching",
  "watching",
  "paused",
  /** Both arms are bad: a person was called. */
  "frozen",
  "rolling-back",
  // How it can end.
  "released",
  "rolled-back",
  "aborted",
  /** Somebody took the canary away behind its back. */
  "withdrawn",
  "refused",
]);
export type RolloutState = z.infer<typeof RolloutState>;

/** The stage under way. Times in ms since 1970. */
export const RolloutStage = z.object({
  /** From 0; the shadow, where there is one, is the first. */
  index: z.number().int().nonnegative(),
  /** Share of users, 0 (a shadow) to 1. */
  share: z.number(),
  /** Epoch of the pointer that gave this share. */
  epoch: z.number().int(),
  since: z.number(),
  /** Null for the last. */
  plannedHours: z.number().nullable(),
  /** Where the event log stood when it began. */
  afterSeq: z.number().int().nonnegative(),
});
export type RolloutStage = z.infer<typeof RolloutStage>;

/** One look at the evidence, as it is kept. */
export const RolloutLook = z.object({
  at: z.number(),
  share: z.number(),
  action: JudgeVerdict.shape.action,
  reason: JudgeVerdict.shape.reason,
  canary: z.object({ users: z.number(), usersWithError: z.number() }),
  stable: z.object({ users: z.number(), usersWithError: z.number() }),
  pairs: z.number(),
});
export type RolloutLook = z.infer<typeof RolloutLook>;

const Note = z.object({
  at: z.number(),
  what: z.string(),
  person: z.string().optional(),
  reason: z.string().optional(),
});

/** Going back, as it was measured. */
export const RolledBack = z.object({
  /** What is served since. */
  sha256: Sha256,
  epoch: z.number().int(),
  /** From the command, or the verdict, until the edge had confirmed it: the latency of the kill switch. */
  seconds: z.number().nonnegative(),
  /** Answers in a row by which the edge confirmed it. */
  looks: z.number().int(),
});
export type RolledBack = z.infer<typeof RolledBack>;

/** A rollout as it stands: what it answers, what its page shows, and what it goes on from after it continued as new. */
export const Rollout = z.object({
  candidate: Candidate,
  state: RolloutState,
  stage: RolloutStage.optional(),
  /** ms since 1970. */
  nextLook: z.number().optional(),
  verdict: JudgeVerdict.optional(),
  /** Epoch of the pointer that made it a shadow. */
  shadowEpoch: z.number().int().optional(),
  /** The last of them. */
  looks: z.array(RolloutLook),
  /** Everything that happened, commands with person and reason. */
  history: z.array(Note),
  /** The candidate that comes next; a newer one takes its place. */
  waiting: Candidate.optional(),
  rolledBack: RolledBack.optional(),
});
export type Rollout = z.infer<typeof Rollout>;

/** What a rollout is opened with: its policy, whatever becomes of the config meanwhile. */
export const OpenedRollout = z.object({
  /** Why it does not begin. */
  refused: z.string().optional(),
  policy: ReleaseConfig,
  policyDigest: z.string(),
  timezone: z.string(),
  /** Longest time for the check after a switch. */
  confirmSeconds: z.number(),
  /** Readings that were shown before it. */
  readings: Sha256.optional(),
  /** Kept answers go with the switch (compatibility matrix). */
  cacheInvalidation: z.boolean().optional(),
  /** Migrations that were applied for it, to be taken back with it. */
  migrated: z.array(z.string()).optional(),
});
export type OpenedRollout = z.infer<typeof OpenedRollout>;

/** Evidence and what the judge made of it. */
export interface Looked {
  verdict: JudgeVerdict;
  evidence: StageEvidence;
  /** The pointer no longer gives this share to this candidate. */
  withdrawn: boolean;
}

export type OfferState = "started" | "running" | "waiting";
