import { z } from "zod";
import { FeedbackEvent, Language, MAX_TEXT } from "./event.ts";
import { Pointer } from "./pointer.ts";

/** Every answer that is not a success. `field` names what is wrong in the request. */
export const ErrorAnswer = z.object({
  error: z.object({ name: z.string(), message: z.string(), field: z.string().optional() }),
});
export type ErrorAnswer = z.infer<typeof ErrorAnswer>;

export const PersonId = z.string().min(1).max(100);

/** `POST /api/classify`. A text over `MAX_TEXT` is answered 413 before this schema is asked. */
export const ClassifyRequest = z.object({
  text: z
    .string()
    .max(MAX_TEXT)
    .refine((text) => text.trim() !== "", "a question holds at least one character that is not a space"),
  lang: z.enum([...Language.options, "auto"]).default("auto"),
  userId: PersonId.optional(),
  sessionId: PersonId.optional(),
  /** How many predictions, best first. */
  top: z.number().int().min(1).max(5).default(3),
  /** True: the text may be kept with feedback and learnt from. */
  consent: z.boolean().default(false),
});
export type ClassifyRequest = z.infer<typeof ClassifyRequest>;

/** One line's texts in one language, where the model's classes are the 384 lines. */
export const ShownReading = z.object({
  hexagram: z.number().int().min(1).max(64),
  position: z.number().int().min(1).max(6),
  /** The line's traditional name, such as 初九. */
  line: z.string(),
  /** The hexagram's name by language. */
  names: z.object({ ja: z.string(), en: z.string(), zh: z.string() }),
  stage: z.string(),
  shin: z.string(),
  hen: z.string(),
  /** The hexagram it changes to when this line moves. */
  changedTo: z.number().int().min(1).max(64),
});
export type ShownReading = z.infer<typeof ShownReading>;

const ShownPrediction = z.object({
  id: z.number().int().min(1),
  label: z.string(),
  /** Share of probability, 0 to 1. */
  score: z.number().min(0).max(1),
  /** The terms of the text that spoke most for this class. */
  why: z.array(z.object({ term: z.string(), weight: z.number() })),
  ...ShownReading.partial().shape,
});

/** Why a text gets help in place of readings. */
export const SafetyKind = z.enum(["self-harm", "abuse", "medical-emergency"]);
export type SafetyKind = z.infer<typeof SafetyKind>;

const AnswerPath = z.enum(["cache", "full", "reduced", "keywords", "prior"]);

export const ClassifyAnswer = z.object({
  /** Signed token that feedback brings back. */
  eventId: z.string(),
  model: z.string(),
  version: z.string(),
  bucket: z.string(),
  path: AnswerPath,
  cache: z.enum(["memory", "edge", "kv", "none"]),
  /** What scoring cost, in the units of the operation budget. */
  operations: z.number().int().nonnegative(),
  lang: Language,
  predictions: z.array(ShownPrediction),
  confidence: z.number().min(0).max(1),
  shadow: z.boolean().optional(),
  /** True: the model does not know; predictions are listed all the same, and `message` says so in the answer's language. */
  abstain: z.boolean().optional(),
  message: z.string().optional(),
  /** Where to find help, in the answer's language. Such an answer has no predictions, an empty `eventId`, and takes no feedback. */
  safety: z.object({ kind: SafetyKind, help: z.array(z.string()) }).optional(),
});
export type ClassifyAnswer = z.infer<typeof ClassifyAnswer>;

/** Queries of one part of `POST /admin/warm`: what fits into one request's CPU; and parts of one set. */
export const MAX_WARM_PART = 50;
export const MAX_WARM_PARTS = 40;

/** `POST /admin/warm`: queries whose answers are computed before anybody asks; a longer list is sent in parts, part 0 last. */
export const WarmRequest = z
  .object({
    queries: z.array(z.string().max(MAX_TEXT)).min(1).max(MAX_WARM_PART),
    part: z.number().int().min(0).default(0),
    parts: z.number().int().min(1).max(MAX_WARM_PARTS).default(1),
  })
  .refine(({ part, parts }) => part < parts, { path: ["part"], message: "a part is below the number of parts" });
export type WarmRequest = z.infer<typeof WarmRequest>;

export const WarmAnswer = z.object({
  /** Digest of the model whose answers were computed. */
  model: z.string(),
  /** Answers written: a query of which the model knows nothing has none. */
  warmed: z.number().int().nonnegative(),
});
export type WarmAnswer = z.infer<typeof WarmAnswer>;

export const MAX_BATCH = 100;

/** `POST /api/feedback` holds one event or a batch; each event is judged alone, so a batch is read as unknowns. */
export const FeedbackRequest = z.union([
  z.object({ events: z.array(FeedbackEvent).min(1).max(MAX_BATCH) }),
  FeedbackEvent,
]);

export const FeedbackAnswer = z.object({
  accepted: z.number().int().nonnegative(),
  duplicates: z.number().int().nonnegative(),
  rejected: z.array(z.object({ index: z.number().int().nonnegative(), name: z.string(), message: z.string() })),
  /** Of those accepted, how many wait in the queue: as durable, and in the log a moment later. A duplicate among them is not told yet. */
  queued: z.number().int().nonnegative().optional(),
});
export type FeedbackAnswer = z.infer<typeof FeedbackAnswer>;

/** `GET /api/lines/:id?lang=`. */
export const LineAnswer = z.object({ id: z.number().int().min(1), lang: Language, ...ShownReading.shape });
export type LineAnswer = z.infer<typeof LineAnswer>;

/** `GET /api/hexagrams?lang=`: all lines without their texts, for choosing one. */
export const HexagramsAnswer = z.object({
  lang: Language,
  hexagrams: z.array(
    z.object({
      hexagram: ShownReading.shape.hexagram,
      names: ShownReading.shape.names,
      lines: z.array(
        z.object({
          id: z.number().int().min(1),
          position: ShownReading.shape.position,
          line: z.string(),
          stage: z.string(),
        }),
      ),
    }),
  ),
});
export type HexagramsAnswer = z.infer<typeof HexagramsAnswer>;

/** `DELETE /api/users/:userId`. */
export const ErasureAnswer = z.object({
  /** Events that were deleted. */
  deleted: z.number().int().nonnegative(),
});
export type ErasureAnswer = z.infer<typeof ErasureAnswer>;

/** One row of `GET /admin/erasures?after=SEQ&limit=N` (JSON Lines): a user whose events up to `lastSeq` are deleted. */
export const Erasure = z.object({
  seq: z.number().int().positive(),
  /** ms since 1970. */
  at: z.number().int().nonnegative(),
  /** Salted hash of the user's id, as on events. */
  user: z.string().min(1),
  lastSeq: z.number().int().nonnegative(),
});
export type Erasure = z.infer<typeof Erasure>;

/** Simple: the bundled model answers, or how common each class is; no released model and no cache is asked. */
export const Mode = z.enum(["normal", "simple"]);
export type Mode = z.infer<typeof Mode>;

/** `POST /admin/mode`: simple mode ends by itself, so it wants a time (ms since 1970, or ISO 8601). */
export const ModeRequest = z
  .object({
    mode: Mode,
    until: z.union([z.number().int().nonnegative(), z.iso.datetime({ offset: true }).transform(Date.parse)]).optional(),
    reason: z.string().min(1).max(500),
  })
  .refine(({ mode, until }) => mode === "normal" || until !== undefined, {
    path: ["until"],
    message: "simple mode wants the time at which it ends",
  });
export type ModeRequest = z.infer<typeof ModeRequest>;

/** Persons of this prefix are the rollout's own checks: answered as anybody, counted in no comparison. */
export const CHECK_PERSON = "haqei-check-";

const Count = z.number().int().nonnegative();

/**
 * `GET /admin/exposure?from=EPOCH`: how many distinct users each arm was given since the pointer had this epoch, while it named a canary.
 */
export const ExposureAnswer = z.object({
  arms: z.array(
    z.object({
      /** What the hash gave: `current`, `canary` or `<experiment>/<arm>`. */
      arm: z.string(),
      assigned: Count,
      /** Of them, those that the arm's model or an error answered: while a model loads, another answers. */
      users: Count,
      /** Users who met at least one error: 5xx, the prior, or another model because the arm's could not be loaded. */
      usersWithError: Count,
      requests: Count,
      errors: Count,
    }),
  ),
});
export type ExposureAnswer = z.infer<typeof ExposureAnswer>;

/** `GET /api/health`: 200 while answers can be given, 503 otherwise. */
export const Health = z.object({
  ok: z.boolean(),
  /** Digest of the model that answers now. */
  model: z.string().nullable(),
  epoch: z.number().int().nonnegative(),
  version: z.string().nullable(),
  /** The pointer's current model is in memory. */
  loaded: z.boolean(),
  /** Answers come from the bundled model. */
  fallback: z.boolean(),
  uptimeSeconds: z.number().nonnegative(),
});
export type Health = z.infer<typeof Health>;

/** `GET /api/release?userId=`: what is served to whom; epoch 0 while nothing was ever released. */
export const Release = z.object({
  epoch: z.number().int().nonnegative(),
  current: Pointer.shape.current.nullable(),
  canary: Pointer.shape.canary,
  previous: Pointer.shape.previous,
  bucketOf: z.string().optional(),
});
export type Release = z.infer<typeof Release>;
