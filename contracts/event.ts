import { z } from "zod";
import { Sha256 } from "./reference.ts";

/** Largest text a query may hold, in UTF-16 code units (specification 1.2.1; longer is answered 413). */
export const MAX_TEXT = 2000;

export const Language = z.enum(["ja", "en", "zh"]);
export type Language = z.infer<typeof Language>;

export const FeedbackType = z.enum(["click", "dwell", "bounce", "thumb", "correction", "report"]);
export type FeedbackType = z.infer<typeof FeedbackType>;

const Id = z.string().min(1).max(100);
/** A class by its position: for the 384 lines the line's id, 1..384. */
const ClassId = z.number().int().min(1).max(100_000);

/** One piece of feedback as a client sends it (http.md `POST /api/feedback`). `id` makes it idempotent. */
export const FeedbackEvent = z
  .object({
    id: Id,
    /** The signed token that `/api/classify` answered with. */
    eventId: z.string().min(1).max(16_384),
    type: FeedbackType,
    /** When it happened at the client, ms since 1970. */
    at: z.number().int().nonnegative(),
    userId: Id.optional(),
    /** The prediction it is about, by id. */
    shownId: ClassId.optional(),
    /** Dwell in ms; thumb 1 or -1. */
    value: z.number().finite().optional(),
    correctId: ClassId.optional(),
    reason: z.string().max(500).optional(),
    /** How long the answer took as the client saw it, ms from question to answer. */
    roundTripMs: z.number().min(0).max(120_000).optional(),
  })
  .superRefine((event, context) => {
    const wants = (field: "value" | "correctId" | "shownId", ok: boolean, message: string) => {
      if (!ok) context.addIssue({ code: "custom", path: [field], message });
    };
    if (event.type === "thumb") wants("value", event.value === 1 || event.value === -1, "a thumb is 1 or -1");
    if (event.type === "dwell")
      wants(
        "value",
        event.value !== undefined && event.value >= 0 && event.value <= 86_400_000,
        "a dwell is 0 to 86400000 ms",
      );
    if (event.type === "correction")
      wants("correctId", event.correctId !== undefined, "a correction names the right class");
    if (event.type === "click") wants("shownId", event.shownId !== undefined, "a click names the prediction it opened");
  });
export type FeedbackEvent = z.infer<typeof FeedbackEvent>;

/** What the answer was, as signed into its `eventId`. Nothing of it is stored when a query is served. */
export const Served = z.object({
  model: Sha256,
  bucket: z.string(),
  /** Ids in the order shown, best first. */
  shown: z.array(ClassId).min(1).max(5),
  /** Chance with which the first answer was shown first (1 while nothing is randomised). */
  propensity: z.number().min(0).max(1),
  /** First 32 hex digits of the salted SHA-256 of the normalised text. */
  textHash: z.string(),
  lang: Language,
  /** When it was served, ms since 1970. */
  at: z.number().int().nonnegative(),
  /** The text itself, only with the user's consent. */
  text: z.string().max(MAX_TEXT).optional(),
});
export type Served = z.infer<typeof Served>;

/**
 * One row of the edge's event log, as exported (`GET /admin/events`). `seq` is gap-safe; `receivedAt` (ms since 1970) is set
 * by the database when the row is written, so it never decreases with `seq` and a partition closed by it stays closed.
 */
export const LoggedEvent = z.object({
  seq: z.number().int().positive(),
  id: Id,
  type: FeedbackType,
  at: z.number().int().nonnegative(),
  receivedAt: z.number().int().nonnegative(),
  /** Salted hash of the user's id. */
  user: z.string().optional(),
  /** Salted hash of the network it came from, where the edge knows its address: many users of one network are one source. */
  network: z.string().optional(),
  shownId: ClassId.optional(),
  value: z.number().finite().optional(),
  correctId: ClassId.optional(),
  reason: z.string().max(500).optional(),
  roundTripMs: z.number().min(0).max(120_000).optional(),
  served: Served,
});
export type LoggedEvent = z.infer<typeof LoggedEvent>;
