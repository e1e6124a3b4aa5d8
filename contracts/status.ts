import { z } from "zod";
import { Verdict } from "./verdict.ts";

const Time = z.number().nonnegative();

/** How many entries of a history are kept, newest last. */
const KEPT = 100;

/** What the edge is told of a rollout, and its dashboard shows. Times in ms since 1970. */
export const ReleaseStatus = z.object({
  /** What it is doing, in the rollout's own words. */
  stage: z.string().max(100),
  /** Share of users that the canary is given, 0 to 1. */
  share: z.number().min(0).max(1),
  since: Time.nullable(),
  nextLook: Time.nullable(),
  /** The last look's; null before the first. */
  verdict: Verdict.extend({ evidence: z.record(z.string(), z.unknown()) }).nullable(),
  history: z
    .array(
      z.object({
        at: Time,
        what: z.string().max(500),
        person: z.string().max(100).optional(),
        reason: z.string().max(500).optional(),
      }),
    )
    .transform((notes) => notes.slice(-KEPT)),
});
export type ReleaseStatus = z.infer<typeof ReleaseStatus>;

const AlertLevel = z.enum(["critical", "warning", "info"]);

/** What watching has found, as the dashboard shows it: alerts that fire, and incidents that are open or were lately. */
export const OperationsStatus = z.object({
  alerts: z
    .array(
      z.object({
        name: z.string().max(100),
        level: AlertLevel,
        since: Time,
        /** What was measured, and the limit it is held against. */
        value: z.number().nullish(),
        limit: z.number().nullish(),
        message: z.string().max(500).optional(),
      }),
    )
    .max(KEPT),
  incidents: z
    .array(
      z.object({
        id: z.string().max(100),
        /** Levels of specification 8.1: 1 minor, 2 medium, 3 serious. */
        level: z.union([z.literal(1), z.literal(2), z.literal(3)]),
        cause: z.string().max(500),
        opened: Time,
        acknowledged: Time.nullish(),
        closed: Time.nullish(),
      }),
    )
    .max(KEPT),
});
export type OperationsStatus = z.infer<typeof OperationsStatus>;

const published = <T extends z.ZodType>(status: T) => z.object({ at: Time, by: z.string(), status: status.nullable() });

/** `GET /admin/release-status`: the last that was published, when and by whom; null before the first. */
export const PublishedRelease = published(ReleaseStatus);
export type PublishedRelease = z.infer<typeof PublishedRelease>;
/** `GET /admin/operations-status`. */
export const PublishedOperations = published(OperationsStatus);
export type PublishedOperations = z.infer<typeof PublishedOperations>;

const Count = z.number().int().nonnegative();
const Interval = z.object({ value: z.number(), lo: z.number(), hi: z.number() });

/** `GET /admin/accuracy?hours=`: what people said of the answers, by who answered. */
export const AccuracyAnswer = z.object({
  since: Time,
  /** Events that were looked at, and people who sent them. */
  events: Count,
  users: Count,
  byType: z.record(z.string(), Count),
  /** Round trips of a question in ms, as clients tell them with what they send; absent while none does. */
  roundTrip: z.object({ n: Count, p50: Time, p95: Time }).optional(),
  arms: z.array(
    z.object({
      bucket: z.string(),
      model: z.string(),
      /** Answers that somebody judged by a correction or a thumb, and how many of them had it right at the first place. */
      judged: Count,
      right: Count,
      /** `right` of `judged` with Wilson's 95% interval. People who judge are not everybody. */
      top1: Interval,
    }),
  ),
});
export type AccuracyAnswer = z.infer<typeof AccuracyAnswer>;

/**
 * `GET /admin/audit`: who did what, newest first. `status` is null where it is not known how it ended, `trace` (the id of a trace) where
 * it was done in none.
 */
export const AuditAnswer = z.object({
  actions: z.array(
    z.object({
      at: Time,
      operator: z.string(),
      action: z.string(),
      status: z.number().int().nullable(),
      trace: z.string().nullable().default(null),
    }),
  ),
});
export type AuditAnswer = z.infer<typeof AuditAnswer>;
