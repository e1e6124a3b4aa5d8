import { z } from "zod";
import { AlertAction, AlertRuleChange } from "./alert.ts";
import { PRICE_TABLES } from "./cost.ts";
import { ChannelConfig } from "./notification.ts";

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
  /**
   * Words by `Intl.Segmenter` among the features of Japanese and Chinese. A runtime that cuts words otherwise refuses the model; one
   * that goes on from a parent keeps the parent's way.
   */
  segmenter: z.boolean().default(false),
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
  /** Consented queries that nobody judged, labelled by it alone: no evidence, and never held out. */
  unjudged: z
    .strictObject({
      /** Most of them, those of most users first; 0: none. */
      most: z.number().int().min(0).max(100_000).default(0),
      /** How much one counts in the fit, where an authored example counts 1. */
      weight: z.number().gt(0).max(1).default(0.5),
      /** Least probability of its first choice for a query to be learnt from. */
      confidence: Share.default(0.3),
    })
    .prefault({}),
  /** False: where it does not answer, train without it, say so, and keep no result for later runs to take. */
  required: z.boolean().default(false),
  /** Environment variable that holds its API key, if it wants one: secrets never stand in the config. */
  apiKeyVariable: z.string().default("HAQEI_TEACHER_API_KEY"),
});
export type TeacherConfig = z.infer<typeof TeacherConfig>;

/** A length of time such as `30s`, `15m`, `6h` or `2d`. */
const Duration = z.string().regex(/^\d+(\.\d+)?[smhd]$/, "a duration such as 30s, 15m, 6h or 2d");

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

/** Days whose events a kind of run learns from that looks at all there are. */
const Year = z.number().int().min(1).max(366).default(366);

/** The full retrain on Sundays (specification 2.1, 7.2). */
const WeeklyConfig = z.strictObject({
  /** Pieces of feedback from which a full retrain is taken for one; with fewer it is done and says so. */
  data_required: z.number().int().min(0).default(5000),
  windowDays: Year,
  /** Where they differ from `daily.stages`. */
  stages: DailyStages.partial()
    .extend({ "03:train": Minutes.default(120), "08:assess": Minutes.default(5) })
    .prefault({}),
});

/** The rebuild at the end of a month (2.1, 3). */
const MonthlyConfig = z.strictObject({
  windowDays: Year,
  stages: DailyStages.partial()
    .extend({
      "02:dictionary": Minutes.default(15),
      "03:train": Minutes.default(120),
      "05:vectors": Minutes.default(15),
      "08:review": Minutes.default(10),
    })
    .prefault({}),
});

/** The retrain between (7.2 `immediate`): trained, gated and offered within 30 minutes. */
const EmergencyConfig = z.strictObject({
  /** Share of judged answers that were judged wrong above which one is started by itself (alert `prediction_error_rate`). */
  error_rate: Share.default(0.1),
  minutes: Minutes.default(30),
  /** For so long after one was started by itself no other is: what is measured then still holds what was before (7.1: every 12 hours at most). */
  coolDown: Duration.default("12h"),
  /** Together no more than `minutes`. */
  stages: z
    .strictObject({
      "01:collect": Minutes.default(3),
      "02:preprocess": Minutes.default(3),
      "03:train": Minutes.default(12),
      "04:validate": Minutes.default(3),
      "05:compress": Minutes.default(5),
      "06:deploy": Minutes.default(2),
      "07:distribute": Minutes.default(2),
    })
    .prefault({}),
});

/** What is kept for how long (5.1). */
const RetentionConfig = z.strictObject({
  /** Latest models whose bytes are kept, beside those that something refers to. */
  models: z.number().int().min(1).default(5),
  /** Days after which the bytes of other artefacts go, such as data sets of old runs, where nothing that is kept was made from them. */
  artefactDays: z.number().int().min(1).default(30),
  /** Days that Temporal keeps the histories of runs that are over. */
  historyDays: z.number().int().min(1).default(30),
  /** Days that a log file is kept after it was last written. */
  logDays: z.number().int().min(1).default(30),
  /** Days after which fetched events are packed together and compressed. */
  packDays: z.number().int().min(1).default(30),
  /** Local time at which the schedule does it: after the batch window. */
  at: ClockTime.default("05:00"),
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

const PerDay = z.number().int().min(0);

/** How far feedback is believed (specification 7.2). */
export const FeedbackConfig = z.strictObject({
  /** Volumes expected a day; what they truly come to is reported, and changes nothing. */
  expected: z
    .strictObject({
      click_through: PerDay.default(300),
      dwell_time: PerDay.default(200),
      bounce_rate: PerDay.default(100),
      thumbs_up_down: PerDay.default(200),
      corrections: PerDay.default(100),
      reports: PerDay.default(100),
    })
    .prefault({}),
  /** Most that one text counts, in authored examples, however many say the same of it: more would drown the others and let the fit diverge. */
  maximumWeight: z.number().positive().default(3),
  /** No user and no network gives more than this share of a class's weight. */
  maximumShare: z.number().gt(0).max(1).default(0.01),
  trust: z
    .strictObject({
      /** Imagined comparisons that draw a user's agreement towards everybody's. */
      strength: z.number().positive().default(4),
      rounds: z.number().int().min(1).max(100).default(5),
    })
    .prefault({}),
  position: z
    .strictObject({
      /** Largest weight 1/propensity. */
      clip: z.number().min(1).default(10),
      /** Effective number of explored answers below which rank is not corrected for. */
      minimumEss: z.number().positive().default(100),
    })
    .prefault({}),
});
export type FeedbackConfig = z.infer<typeof FeedbackConfig>;
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
  /**
   * Before anybody gets the canary it answers beside the current model, unseen, for this share of people (0 leaves that out), and for a
   * third of the first stage where no duration is named.
   */
  shadow: z.strictObject({ sample: z.number().min(0).max(1).default(0.5), duration: Duration.optional() }).prefault({}),
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
  /** Users that a word or a query must come from before it leaves the log: no word tells of one person. Users of a word are told apart up to 1,000. */
  minimumUsers: z.number().int().min(1).max(1000).default(5),
});
export type DictionaryConfig = z.infer<typeof DictionaryConfig>;

/** Watching: how often, and what rules it goes by (specification 4.2; `policy/alerts/rules.ts`). */
const WatchConfig = z.strictObject({
  every: Duration.default("5m"),
  /** Changes to single rules, by name. */
  rules: z.record(z.string(), AlertRuleChange).default({}),
  /** Alertmanager's, but for the wait: looks are far apart, and what one finds comes together. */
  group_wait: Duration.default("0s"),
  group_interval: Duration.default("5m"),
  repeat_interval: Duration.default("4h"),
  /** An address outside that is called after each look while all is well: its silence tells that nobody watches. */
  deadManUrl: z.url().optional(),
  /** Where the runbook is read; each alert and incident is an anchor of it. */
  runbook: z.string().min(1).default("OPERATIONS.md"),
  /** After `auto_rollback` has acted it leaves things alone for so long: the figures still hold what was before. */
  settle: Duration.default("1h"),
});

const Routes = z.partialRecord(AlertAction, z.array(z.string().min(1)));
/** Who is told. Without channels messages are kept and listed (`haqei alerts list`), and go nowhere. */
export const NotifyConfig = z
  .strictObject({
    channels: z.array(ChannelConfig).default([]),
    /** Channels by the action that wants them, by name (a channel without one is called by its kind). */
    routes: Routes.default({}),
    /** When the week's report goes to whom `weekly_report` is routed, on Mondays. */
    reportAt: ClockTime.default("08:00"),
    /** Pauses between tries grow from `first` to `longest`; after `for` a message is given up, and listed so. */
    retry: z
      .strictObject({
        first: Duration.default("5s"),
        longest: Duration.default("10m"),
        for: Duration.default("7d"),
      })
      .prefault({}),
  })
  .superRefine(({ channels, routes }, context) => {
    const names = channels.map(({ name, kind }) => name || kind);
    if (new Set(names).size !== names.length)
      context.addIssue({ code: "custom", path: ["channels"], message: "two channels of one name" });
    for (const [action, wanted] of Object.entries(routes))
      for (const name of wanted)
        if (!names.includes(name))
          context.addIssue({ code: "custom", path: ["routes", action], message: `there is no channel ${name}` });
  });
export type NotifyConfig = z.infer<typeof NotifyConfig>;

/** Within what time somebody must have answered an incident (specification 8.1); level 1 has until the next business day. */
export const IncidentsConfig = z.strictObject({
  response: z.strictObject({ "2": Duration.default("2h"), "3": Duration.default("15m") }).prefault({}),
});
export type IncidentsConfig = z.infer<typeof IncidentsConfig>;

/** The recovery procedure (specification 8.2). */
const RecoverConfig = z.strictObject({
  /** Share of failed requests above which it is rolled back. */
  error_rate: Share.default(0.05),
  /** Over what time it is read, and from how many requests on. */
  window: Duration.default("15m"),
  minimumRequests: z.number().int().min(1).default(20),
  /** Questions by which each step is verified. */
  probes: z.number().int().min(1).max(50).default(10),
  /** How long simple mode lasts, unless a person ends it. */
  simpleFor: Duration.default("1h"),
  /** How long it is watched more closely afterwards, and how often. */
  watchFor: Duration.default("1h"),
  watchEvery: Duration.default("1m"),
});

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

/** Where traces are sent. */
const TelemetryConfig = z.strictObject({
  /** OTLP over HTTP, such as `http://127.0.0.1:4318`; without it the variable OTEL_EXPORTER_OTLP_ENDPOINT, else nowhere. */
  otlpUrl: z.url({ protocol: /^https?$/ }).optional(),
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
      /** Pieces of feedback on the day below which its model is left as it is (7.2). */
      data_required: z.number().int().min(0).default(500),
    })
    .prefault({}),
  weekly: WeeklyConfig.prefault({}),
  monthly: MonthlyConfig.prefault({}),
  emergency: EmergencyConfig.prefault({}),
  retention: RetentionConfig.prefault({}),
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
      feedback: FeedbackConfig.prefault({}),
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
  watch: WatchConfig.prefault({}),
  notify: NotifyConfig.prefault({}),
  incidents: IncidentsConfig.prefault({}),
  recover: RecoverConfig.prefault({}),
  /** Queries answered once before anybody asks, after each release (specification 5.1): the most frequent, then authored ones. */
  warm: z
    .strictObject({
      frequentQueries: z.number().int().min(0).max(1000).default(200),
      authoredQueries: z.number().int().min(0).max(1000).default(200),
    })
    .prefault({}),
  cost: CostConfig.prefault({}),
  telemetry: TelemetryConfig.prefault({}),
  store: StoreConfig.prefault({ kind: "folder" }),
  released: ReleasedConfig.prefault({ kind: "edge" }),
  registry: RegistryConfig.prefault({ kind: "sqlite" }),
});
export type Config = z.infer<typeof Config>;
