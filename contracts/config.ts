import { z } from "zod";

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
  /** In place of `epochs` and `learningRate` where a run goes on from a parent (specification 2.1, "light weight adjustment"). */
  warm: z
    .strictObject({
      epochs: z.number().int().min(1).max(1000).default(6),
      learningRate: z.number().positive().default(0.2),
    })
    .prefault({}),
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

/**
 * The optional teacher of the fit: any server that speaks OpenAI's embeddings API. Without `url` there is none. Its settings are
 * part of the training's stage key, so that another model is another result.
 */
export const TeacherConfig = z.strictObject({
  /** Its API's base or the endpoint itself: `http://127.0.0.1:8384/v1` and `…/v1/embeddings` are the same. */
  url: z.url({ protocol: /^https?$/ }).optional(),
  /** The name it is asked by, and under which its answers are kept. */
  model: z.string().min(1).default("multilingual-e5-small-q4"),
  /** Texts a request. */
  batch: z.number().int().min(1).max(2048).default(64),
  /** What goes before each text: E5 models want `query: `, unless the server puts it there, as that of `npm run teacher` does. */
  prefix: z.string().default(""),
  /** Seconds that one request may take: a slow machine embeds a batch of long texts in many. */
  timeoutSeconds: z.number().positive().default(120),
  /** In place of `training.dropout` while it teaches: its opinion already keeps the fit from being too sure. */
  dropout: z.number().min(0).max(0.9).default(0.1),
  /** Share of the teacher's opinion in what is learnt; the rest is the label's. */
  mix: z.number().min(0).max(1).default(0.6),
  /** How sure it is taken to be: its soft labels are softmax(margin * logits). */
  margin: z.number().positive().default(0.7),
  /** False: where it does not answer, train without it, say so, and keep no result for later runs to take. */
  required: z.boolean().default(false),
  /** Environment variable that holds its API key, if it wants one: secrets never stand in the config. */
  apiKeyVariable: z.string().default("HAQEI_TEACHER_API_KEY"),
});
export type TeacherConfig = z.infer<typeof TeacherConfig>;

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

/** One lesson of the curriculum: how much its examples count, how many are taken at a time, and how often. */
const lesson = (weight: number, batch: number, iterations: number) =>
  z
    .strictObject({
      weight: z.number().positive().default(weight),
      batch: z.number().int().positive().default(batch),
      iterations: z.number().int().min(0).default(iterations),
    })
    .prefault({});

/** What is learnt once more after the fit: the examples it finds hard (specification 7.2 `priority_learning`). */
export const PriorityLearning = z.strictObject({
  enabled: z.boolean().default(false),
  /** The answer is not the label. */
  misclassified: lesson(3, 100, 10),
  /** Right, with a probability below `low_confidence_below`. */
  low_confidence: lesson(2, 200, 5),
  /** Right, with another class less than `edge_margin` of probability behind. */
  edge_cases: lesson(2.5, 50, 15),
  low_confidence_below: z.number().min(0).max(1).default(0.5),
  edge_margin: z.number().min(0).max(1).default(0.2),
  /** Constant; an example's own weight and its lesson's multiply it. */
  learningRate: z.number().positive().default(0.01),
});
export type PriorityLearning = z.infer<typeof PriorityLearning>;

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
  teacher: TeacherConfig.prefault({}),
  learning: z.strictObject({ priority_learning: PriorityLearning.prefault({}) }).prefault({}),
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
