import { z } from "zod";
import { PRICE_TABLES } from "./cost.ts";

/** Settings of the trainer; the defaults are the recipe that measured best on CLINC150's dev split. */
export const TrainingConfig = z.strictObject({
  backend: z.enum(["auto", "js", "tfjs-node"]).default("js"),
  /** Cap on the dimension of text vectors (specification 3.2 `max_dimension`). */
  max_dimension: z.number().int().min(2).max(512).default(50),
  /** Smallest dimension that explains this share of variance, under the cap (3.2 `min_variance_explained`). */
  min_variance_explained: z.number().gt(0).max(1).default(0.95),
  epochs: z.number().int().min(1).max(1000).default(20),
  learningRate: z.number().positive().default(0.2),
  /** Share of features left out at each step. */
  dropout: z.number().min(0).max(0.9).default(0.3),
  labelSmoothing: z.number().min(0).max(0.5).default(0),
  /** Runs from the same start with different seeds, whose weights are averaged. */
  soups: z.number().int().min(1).max(16).default(1),
  /** Largest compressed model, in bytes: trained twice, the second time on the features that matter most; 0 for any size. */
  maxBytes: z.number().int().min(0).default(0),
  /** Most frequent features kept; 0 keeps all. */
  maxFeatures: z.number().int().min(0).default(0),
});
export type TrainingConfig = z.infer<typeof TrainingConfig>;

/** Rungs that a trained model can be brought to (specification 6.2), from the largest to the smallest. */
export const LADDER = ["float16", "int8", "coded"] as const;
export type LadderRung = (typeof LADDER)[number];

const Share = z.number().min(0).max(1);
/** What a rung must keep, on held-out queries (specification 6.2). */
const rungLimits = (retention: number, loss: number) =>
  z
    .strictObject({ information_retention: Share.default(retention), accuracy_impact: Share.default(loss) })
    .prefault({});

export const CompressionConfig = z.strictObject({
  /** What the batch ships; where the gate refuses it, the next larger one that passes. */
  rung: z.enum(LADDER).default("coded"),
  /** The gate (specification 6.1). */
  information_retention: Share.default(0.95),
  semantic_similarity: Share.default(0.92),
  keyword_coverage: Share.default(0.9),
  accuracy_impact: Share.default(0.03),
  /** Ours beside them, of single n-grams: the four above pass a model with a tenth of its codes exchanged. */
  vector_retention: Share.default(0.9),
  /** Each rung's own row (6.2); its retention stands in for the gate's, which the last rung could not meet as it was written. */
  ladder: z
    .strictObject({ float16: rungLimits(0.98, 0.01), int8: rungLimits(0.95, 0.03), coded: rungLimits(0.9, 0.05) })
    .prefault({}),
  /** Loss of accuracy in service from which something is done (6.3). */
  degradation: z.strictObject({ adjust: Share.default(0.03), rollback: Share.default(0.05) }).prefault({}),
});
export type CompressionConfig = z.infer<typeof CompressionConfig>;

const Minutes = z.number().positive();

const ClockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a time of day HH:MM");

const Timezone = z.string().refine((name) => {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}, "a time zone such as Asia/Tokyo");

/** Planned duration of each stage in minutes (specification 1.2.2); its activity's start-to-close timeout. */
const DailyStages = z.strictObject({
  "01:collect": Minutes.default(5),
  "02:preprocess": Minutes.default(10),
  "03:train": Minutes.default(60),
  "04:validate": Minutes.default(15),
  "05:compress": Minutes.default(20),
  "06:deploy": Minutes.default(5),
  "07:distribute": Minutes.default(5),
});

/** How much one piece of feedback counts as an example (specification 7.2); 0 leaves it out. */
export const LearningWeights = z.strictObject({
  correction: z.number().min(0).default(1),
  thumbUp: z.number().min(0).default(0.8),
  click: z.number().min(0).default(0.1),
  /** A stay of `dwellSeconds` or more on what was clicked. */
  dwell: z.number().min(0).default(0.5),
  dwellSeconds: z.number().positive().default(10),
});
export type LearningWeights = z.infer<typeof LearningWeights>;

/** A bucket of S3 or R2, its keys in environment variables of these names: secrets never stand in the config. */
const bucketWithKeysIn = (accessKeyId: string, secretAccessKey: string) =>
  z.strictObject({
    kind: z.literal("s3"),
    endpoint: z.url(),
    bucket: z.string().min(1),
    region: z.string().default("auto"),
    accessKeyIdVariable: z.string().default(accessKeyId),
    secretAccessKeyVariable: z.string().default(secretAccessKey),
  });

export const StoreConfig = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("folder") }),
  bucketWithKeysIn("HAQEI_S3_ACCESS_KEY_ID", "HAQEI_S3_SECRET_ACCESS_KEY"),
]);
export type StoreConfig = z.infer<typeof StoreConfig>;

/** Where the edge reads released models from. */
const ReleasedConfig = z.discriminatedUnion("kind", [
  /** The R2 bucket of the edge in workerd, by its own S3 interface. */
  z.strictObject({ kind: z.literal("edge") }),
  /** R2 itself, which the deployed edge is bound to. */
  bucketWithKeysIn("HAQEI_R2_ACCESS_KEY_ID", "HAQEI_R2_SECRET_ACCESS_KEY"),
]);

/** Where small records are kept that are changed by compare-and-set. */
export const RegistryConfig = z.discriminatedUnion("kind", [
  /** A file in the home: for the processes of one host. */
  z.strictObject({ kind: z.literal("sqlite") }),
  /** A Postgres database that several hosts reach; its address, with the password, stands in the environment. */
  z.strictObject({ kind: z.literal("postgres"), urlVariable: z.string().default("HAQEI_REGISTRY_URL") }),
]);
export type RegistryConfig = z.infer<typeof RegistryConfig>;

/** A length of time such as `30s`, `15m`, `6h` or `2d`. */
const Duration = z.string().regex(/^\d+(\.\d+)?[smhd]$/, "a duration such as 30s, 15m, 6h or 2d");

export const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

/** When a rollout gives nobody more of the canary: days and hours of the config's time zone. Going back is always allowed. */
const FreezeCalendar = z.strictObject({
  /** Both days included. */
  dates: z
    .array(
      z
        .strictObject({ from: z.iso.date(), to: z.iso.date(), name: z.string().default("") })
        .refine(({ from, to }) => from <= to, "a span that does not end before it begins"),
    )
    .default([]),
  weekdays: z.array(z.enum(WEEKDAYS)).default([]),
  /** From `from` up to `to`; over midnight where `to` is not later. */
  hours: z.array(z.strictObject({ from: ClockTime, to: ClockTime })).default([]),
});
export type FreezeCalendar = z.infer<typeof FreezeCalendar>;

/** The rollout and what it is judged by (specification 2.2). */
export const ReleaseConfig = z.strictObject({
  /** Shares of users that the canary is given in turn, in percent, and for how long at least; the last is for good. */
  stages: z
    .array(z.strictObject({ percentage: z.number().gt(0).max(100), duration: Duration.or(z.literal("permanent")) }))
    .refine(
      (stages) =>
        stages.length > 0 &&
        stages.every(({ percentage, duration }, at) => {
          const last = at === stages.length - 1;
          const grows = percentage > (stages[at - 1]?.percentage ?? 0);
          return grows && (percentage === 100) === last && (duration === "permanent") === last;
        }),
      "percentages that grow to 100, of which only the last is permanent",
    )
    .default([
      { percentage: 5, duration: "6h" },
      { percentage: 25, duration: "12h" },
      { percentage: 50, duration: "24h" },
      { percentage: 100, duration: "permanent" },
    ]),
  /** What a release must be judged by: one that is listed and not measured holds it. They share `alpha` evenly. */
  metrics: z
    .array(z.enum(["accuracy", "latency", "errors"]))
    .min(1)
    .refine((metrics) => new Set(metrics).size === metrics.length, "each metric once")
    .default(["accuracy", "latency", "errors"]),
  /** The limits that evidence is held against, in absolute shares. */
  rollback_threshold: z
    .strictObject({
      error_rate: z.number().gt(0).lt(1).default(0.01),
      accuracy_drop: z.number().gt(0).lt(1).default(0.05),
    })
    .prefault({}),
  /** Bound on the chance of a wrong rollback of one release, all metrics together: 0.05 for each of three. */
  alpha: z.number().gt(0).lt(0.5).default(0.15),
  /** Fewest users in each arm from which it may be promoted. */
  minimumUsers: z.number().int().min(1).default(200),
  /** Fewest labelled pairs from which a difference in accuracy is believed. */
  minimumPairs: z.number().int().min(2).default(100),
  /** Fewest users with errors in the stable arm, or differing answers, from which an asymptotic interval is believed; below, an exact one must do. */
  minimumEvents: z.number().int().min(1).default(10),
  /** Smallest p-value at which users are believed to have fallen to the arms by their shares. */
  sampleRatio: z.number().gt(0).lt(1).default(0.001),
  /** Largest share of differing answers without a label. */
  shadowDisagreement: z.number().min(0).max(1).default(0.2),
  latency: z
    .strictObject({
      /** Slower than this, shown at the stage's end, holds it (8.1: 10 ms). */
      holdMs: z.number().nonnegative().default(10),
      /** Slower than this share of the stable median, shown at the stage's end, rolls back. */
      rollbackShare: z.number().positive().default(0.25),
    })
    .prefault({}),
  /** A stage that is undecided after so many times its planned hours asks a person. */
  overdueTimes: z.number().min(1).default(3),
  /** How often the rollout looks at its evidence. */
  lookEvery: Duration.default("10m"),
  /** True: nobody gets the canary before a person has promoted it. */
  approval: z.boolean().default(false),
  freeze: FreezeCalendar.prefault({}),
  /** What is asked of the edge after each switch, within `distribute.confirmSeconds`. */
  health: z
    .strictObject({
      /** Queries that must be answered as the model answers offline. */
      queries: z.number().int().min(1).max(20).default(20),
      /** Answers in a row by which the edge must confirm that it went back. */
      looks: z.number().int().min(1).max(100).default(5),
    })
    .prefault({}),
});
export type ReleaseConfig = z.infer<typeof ReleaseConfig>;

/** The tracker of accuracy (specification 7.1), all of `graded_top3`. */
export const AccuracyConfig = z.strictObject({
  baseline: Share.default(0.5),
  target: Share.default(0.85),
  milestones: z
    .strictObject({
      week1: Share.default(0.6),
      week2: Share.default(0.65),
      week4: Share.default(0.7),
      week8: Share.default(0.75),
      month3: Share.default(0.85),
    })
    .prefault({}),
  weights: z
    .strictObject({ realTime: Share.default(0.5), abTest: Share.default(0.3), feedback: Share.default(0.2) })
    .prefault({}),
  /** Gaps to the expected value above which something is done. */
  gap: z.strictObject({ URGENT: Share.default(0.05), WARNING: Share.default(0.02) }).prefault({}),
  /** Fewest judged answers behind an estimate. */
  minimumJudged: z.number().int().min(1).default(20),
});
export type AccuracyConfig = z.infer<typeof AccuracyConfig>;

/** The keyword dictionary and what is measured by it (specification 3.1, 3.3). */
export const DictionaryConfig = z.strictObject({
  /** A word that was not used for so many days, and seldom before, is removed. */
  threshold_days: z.number().int().min(1).default(90),
  min_frequency: z.number().int().min(1).default(10),
  /** Most words of usage kept, by frequency, and most new ones added, at one rebuild; words of authors are not counted. */
  keep_words: z.number().int().min(0).default(900),
  add_words: z.number().int().min(0).default(100),
  /** Largest file, in units of 1,024 bytes. */
  target_size_kb: z.number().positive().default(300),
  /** Share of the tokens asked with that a rebuilt dictionary must know more than. */
  coverage: Share.default(0.85),
  /** Days of queries that coverage is measured on. */
  coverageDays: z.number().int().min(1).default(30),
  /** Users that a word or a query must come from before it leaves the log: no word tells of one person. */
  minimumUsers: z.number().int().min(1).default(5),
});
export type DictionaryConfig = z.infer<typeof DictionaryConfig>;

const Rate = z.number().nonnegative();

/** What a month is forecast from where nothing was measured (specification 5.2): one machine cannot know what Cloudflare counts. */
const CostConfig = z.strictObject({
  table: z.enum(PRICE_TABLES).default("cloudflare-2026"),
  /** CPU of a request before anything is scored, ms: `npm run bench:edge`, an empty request in workerd. */
  request_ms: Rate.default(0.4),
  per_request: z
    .strictObject({
      workers_cpu_ms: Rate.default(1),
      kv_reads: Rate.default(0.05),
      /** The warmed set of a release, spread over its requests. */
      kv_writes: Rate.default(0.0001),
      d1_rows_read: Rate.default(0.5),
      /** Three pieces of feedback on ten answers, two rows each: the event and its index. */
      d1_rows_written: Rate.default(0.6),
      r2_class_a_ops: Rate.default(0.00001),
      r2_class_b_ops: Rate.default(0.001),
      analytics_points: Rate.default(0.1),
      log_events: Rate.default(1),
    })
    .prefault({}),
  per_month: z
    .strictObject({
      kv_storage_gb: Rate.default(0.01),
      d1_storage_gb: Rate.default(0.5),
      r2_storage_gb: Rate.default(0.5),
    })
    .prefault({}),
});

export const Config = z.strictObject({
  timezone: Timezone.default("Asia/Tokyo"),
  /** Folder of authored data, relative to the config file. */
  dataset: z.string().default("datasets"),
  seed: z.number().int().nonnegative().default(384),
  daily: z
    .strictObject({
      /** Local hours between which the run belongs (specification 2.1); a run that outlives it says so. */
      window: z.strictObject({ start: ClockTime.default("02:00"), end: ClockTime.default("04:00") }).prefault({}),
      stages: DailyStages.prefault({}),
    })
    .prefault({}),
  preprocess: z
    .strictObject({
      /** Days whose events are learnt from, the run's own the last; what was received after it is never among them. */
      windowDays: z.number().int().min(1).max(366).default(30),
      /** Fewest examples in all, authored and learnt, to train from. */
      minimumExamples: z.number().int().positive().default(500),
      /** Largest total variation distance between the labels of feedback and of authored examples. */
      maximumLabelShift: z.number().min(0).max(1).default(0.8),
      /** Fewest feedback examples from which a label shift is read at all. */
      labelShiftMinimum: z.number().int().positive().default(200),
      /** Largest line of the event log that is read, in bytes. */
      maximumEventBytes: z.number().int().positive().default(65_536),
      weights: LearningWeights.prefault({}),
    })
    .prefault({}),
  training: TrainingConfig.prefault({}),
  compression: CompressionConfig.prefault({}),
  deploy: z
    .strictObject({
      /** Specification 2.2 `accuracy_drop`: the candidate may be worse than the current model by less than this. */
      accuracy_drop: z.number().min(0).max(1).default(0.05),
    })
    .prefault({}),
  release: ReleaseConfig.prefault({}),
  accuracy: AccuracyConfig.prefault({}),
  distribute: z
    .strictObject({
      confirmSeconds: z.number().positive().default(60),
      /** Versions, such as `v2.0.x`, that may be released although they break what serves now: clients and caches are prepared. */
      acceptBreaking: z
        .array(z.string().regex(/^v\d+\.(x|\d+\.(x|\d+))$/, "a range such as v2.x or v2.0.x"))
        .default([]),
    })
    .prefault({}),
  dictionary: DictionaryConfig.prefault({}),
  /** Queries answered once before anybody asks, after each release (specification 5.1): the most frequent, then authored ones. */
  warm: z
    .strictObject({
      frequentQueries: z.number().int().min(0).max(1000).default(200),
      authoredQueries: z.number().int().min(0).max(1000).default(200),
    })
    .prefault({}),
  cost: CostConfig.prefault({}),
  store: StoreConfig.prefault({ kind: "folder" }),
  released: ReleasedConfig.prefault({ kind: "edge" }),
  registry: RegistryConfig.prefault({ kind: "sqlite" }),
});
export type Config = z.infer<typeof Config>;
