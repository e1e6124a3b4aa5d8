import { z } from "zod";

/** Rungs that a trained model can be brought to (specification 6.2); the last two are two ways to its last stage. */
export const LADDER = ["float16", "int8", "codebook", "coded"] as const;
export type LadderRung = (typeof LADDER)[number];

/** What of the trainer depends on how many examples a class there are. */
const fitSettings = {
  /** Cap on the dimension of text vectors (specification 3.2 `max_dimension`). */
  max_dimension: z.number().int().min(2).max(512),
  epochs: z.number().int().min(1).max(1000),
  learningRate: z.number().positive(),
  /** Share of features left out at each step. */
  dropout: z.number().min(0).max(0.9),
  labelSmoothing: z.number().min(0).max(0.5),
  /** Runs from the same start with different seeds, whose weights are averaged. */
  soups: z.number().int().min(1).max(16),
};

/** Settings of the trainer; the defaults are the recipe that measured best on CLINC150's dev split. */
export const TrainingConfig = z.strictObject({
  backend: z.enum(["auto", "js", "tfjs-node"]).default("js"),
  max_dimension: fitSettings.max_dimension.default(50),
  /** Smallest dimension that explains this share of variance, under the cap (3.2 `min_variance_explained`). */
  min_variance_explained: z.number().gt(0).max(1).default(0.95),
  epochs: fitSettings.epochs.default(20),
  learningRate: fitSettings.learningRate.default(0.2),
  dropout: fitSettings.dropout.default(0.3),
  labelSmoothing: fitSettings.labelSmoothing.default(0),
  /** `balanced`: every class weighs alike in the fit, however many examples it has. */
  classWeights: z.enum(["none", "balanced"]).default("none"),
  /** Epochs without a better answer to dev after which a run ends and its best weights are taken; 0 goes to the end. */
  patience: z.number().int().min(0).default(0),
  soups: fitSettings.soups.default(1),
  /** What is set otherwise where there are fewer than `below` examples a class; nothing without it. */
  few: z
    .strictObject({ below: z.number().positive().default(40), ...fitSettings })
    .partial({
      max_dimension: true,
      epochs: true,
      learningRate: true,
      dropout: true,
      labelSmoothing: true,
      soups: true,
    })
    .optional(),
  /** Largest compressed model, in bytes: trained twice, the second time on the features that matter most; 0 for any size. */
  maxBytes: z.number().int().min(0).default(0),
  /** The rung that `maxBytes` is counted on, and that `haqei train` writes. */
  rung: z.enum(LADDER).default("coded"),
  /** Most frequent features kept; 0 keeps all. */
  maxFeatures: z.number().int().min(0).default(0),
});
export type TrainingConfig = z.infer<typeof TrainingConfig>;

const Share = z.number().min(0).max(1);
/** What a rung must keep, on held-out queries (specification 6.2). */
const rungLimits = (retention: number, loss: number) =>
  z
    .strictObject({ information_retention: Share.default(retention), accuracy_impact: Share.default(loss) })
    .prefault({});

export const CompressionConfig = z.strictObject({
  /**
   * The batch ships the most accurate rung of at most so many bytes that passes the gate (6.2: 800 KB); where none does, the
   * smallest that passes, with a warning.
   */
  shipBytes: z.number().int().min(1).default(800_000),
  /** Features that every rung stores as they are (6.3 ADJUST). */
  pinned: z
    .strictObject({
      /** By their text: words, or runs of characters in text without spaces. */
      terms: z.array(z.string().trim().min(1)).default([]),
      /** So many more: those that decide most, counted over all training examples. */
      decisive: z.number().int().min(0).default(0),
    })
    .prefault({}),
  /** Fitting again what was quantised, where `training.maxBytes` is at most `below`; kept only where it is better on dev. */
  refit: z
    .strictObject({ below: z.number().int().min(0).default(150_000), epochs: z.number().int().min(1).default(4) })
    .prefault({}),
  /** The gate (specification 6.1). */
  information_retention: Share.default(0.95),
  semantic_similarity: Share.default(0.92),
  keyword_coverage: Share.default(0.9),
  accuracy_impact: Share.default(0.03),
  /** Ours beside them, of single n-grams: the four above pass a model with a tenth of its codes exchanged. */
  vector_retention: Share.default(0.9),
  /** Each rung's own row (6.2); its retention stands in for the gate's, which the last rung could not meet as it was written. */
  ladder: z
    .strictObject({
      float16: rungLimits(0.98, 0.01),
      int8: rungLimits(0.95, 0.03),
      codebook: rungLimits(0.9, 0.05),
      coded: rungLimits(0.9, 0.05),
    })
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

export const StoreConfig = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("folder") }),
  z.strictObject({
    kind: z.literal("s3"),
    endpoint: z.url(),
    bucket: z.string().min(1),
    region: z.string().default("auto"),
    /** Names of the environment variables that hold the keys: secrets never stand in the config. */
    accessKeyIdVariable: z.string().default("HAQEI_S3_ACCESS_KEY_ID"),
    secretAccessKeyVariable: z.string().default("HAQEI_S3_SECRET_ACCESS_KEY"),
  }),
]);
export type StoreConfig = z.infer<typeof StoreConfig>;

/** A length of time such as `30s`, `15m`, `6h` or `2d`. */
const Duration = z.string().regex(/^\d+(\.\d+)?[smhd]$/, "a duration such as 30s, 15m, 6h or 2d");

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
});
export type ReleaseConfig = z.infer<typeof ReleaseConfig>;

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
  distribute: z.strictObject({ confirmSeconds: z.number().positive().default(60) }).prefault({}),
  store: StoreConfig.prefault({ kind: "folder" }),
});
export type Config = z.infer<typeof Config>;
