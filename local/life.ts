import { byAnswer, type Dropped, learnExamples, readEvents } from "#activities/feedback.ts";
import { scoreModel, testQueries } from "#activities/scoring.ts";
import type { AccuracyDay } from "#contracts/accuracy.ts";
import type { Config } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import type { Rate, Score } from "#contracts/evaluation.ts";
import type { LoggedEvent } from "#contracts/event.ts";
import type { Example } from "#contracts/example.ts";
import type { Verdict } from "#contracts/verdict.ts";
import type { AuthoredData } from "#datasets/authored.ts";
import { decodeModel } from "#model/codec.ts";
import { createClassifier } from "#model/score.ts";
import { experimentEstimate, feedbackEstimate, realTimeEstimate } from "#policy/accuracy/estimate.ts";
import { reactionOf } from "#policy/accuracy/judgement.ts";
import { type Milestone, milestonesReached, trackDay } from "#policy/accuracy/tracker.ts";
import { judgeCompression } from "#policy/compression-gate.ts";
import { dataFaults, totalVariation } from "#policy/data-gate.ts";
import { addDays, startOfDate } from "#policy/logical-date.ts";
import { pairsOf } from "#policy/pairs.ts";
import { decideRelease } from "#policy/release-decision.ts";
import { randomOf } from "#simulation/random.ts";
import { type SimulatedEvent, trafficOf } from "#simulation/traffic.ts";
import { createVirtualLog } from "#simulation/virtual-log.ts";
import { digestOf, sha256 } from "#stores/digest.ts";
import { compress } from "#training/compress.ts";
import { measureCompression } from "#training/gate.ts";
import { trainInThread } from "#training/run.ts";

/** What is held against learning as it is: users' words dealt out to other texts, or a model that never learns again. */
export const CONTROLS = ["shuffled", "frozen"] as const;
export type Control = (typeof CONTROLS)[number];

export interface LifeOptions {
  authored: AuthoredData;
  config: Config;
  days: number;
  seed: number;
  control?: Control | undefined;
  /** First logical date. */
  from: string;
  /** Queries a day. */
  queries: number;
  users: number;
  /** Share of answers whose order is explored. */
  exploration: number;
  /** Share of users who send nothing but false corrections. */
  hostile?: number;
  onDay?: (day: LifeDay) => void;
}

export interface LifeDay {
  date: string;
  events: number;
  /** Examples learnt from the window up to this day. */
  learnt: number;
  distrusted: number;
  dropped: Dropped;
  verdict: Pick<Verdict, "action" | "reason">;
  released: boolean;
  /** Of the model that serves from the next morning on, on the frozen test set. */
  model: string;
  top1: Rate;
  graded_top3: Rate;
  accuracy: AccuracyDay;
}

export interface LifeIncident {
  /** Logical date on which it began, and the first on which it was over. */
  date: string;
  closed: string | null;
  level: 1 | 2 | 3;
  cause: string;
  detail: string;
}

export interface Life {
  days: LifeDay[];
  milestones: (Milestone & { date: string | null })[];
  incidents: LifeIncident[];
}

/** A model in service. */
interface Serving {
  digest: string;
  bytes: Uint8Array;
  /** Before it was compressed: what a night goes on from. */
  original: Uint8Array;
  score: Score;
  correct: readonly boolean[];
}

/**
 * The whole life on a virtual clock: each day users ask the model that serves and react; each night the functions of the daily batch
 * label what they said, train (on Sundays anew, else from the model that serves), compress, gate and decide, and the tracker says how accurate the day was. Nothing runs but this process and
 * nothing is kept. The same options give the same life.
 */
export async function live(options: LifeOptions): Promise<Life> {
  const { authored, config, days, seed, control, from, onDay } = options;
  const test = testQueries(authored.examples);
  const live = authored.examples.filter(({ split }) => split === "live");
  const queries = live.length > 0 ? live : authored.examples.filter(({ split }) => split === "dev");
  if (test.length === 0 || queries.length === 0)
    throw new InputError(
      "the data set has no test queries, or neither live nor dev queries for simulated users",
      "Add test.tsv and live.tsv.",
    );
  const kept = authored.examples.filter(({ split }) => split !== "live");
  let serving = (await nightly({ authored, config, seed, examples: kept, test, current: undefined })).candidate;
  const log = createVirtualLog();
  const ledger = new Incidents();
  const lived: LifeDay[] = [];
  const judged = { right: 0, all: 0 };
  const reachedOn = new Map<string, string>();

  for (let n = 0; n < days; n++) {
    const date = addDays(from, n);
    const bounds = { from: startOfDate(date, config.timezone), to: startOfDate(addDays(date, 1), config.timezone) };
    const classifier = createClassifier(decodeModel(serving.bytes));
    const events = trafficOf(
      { ...options, ...bounds, date, queries, classes: authored.classes, n: options.queries },
      {
        digest: serving.digest,
        answer: (text) => classifier.classify(text, { top: 3 }).predictions.map(({ id }) => id),
      },
    );
    log.write(control === "shuffled" ? dealtOut(events, `${seed}/${date}`) : events);

    const own = [...byAnswer(log.between(bounds.from, bounds.to)).values()];
    const reactions = own.map((about) => reactionOf(about, config.preprocess.weights.dwellSeconds));
    judged.all += reactions.filter(({ right }) => right !== null).length;
    judged.right += reactions.filter(({ right }) => right === true).length;
    for (const { name, reached } of milestonesReached(judged.right, judged.all, config.accuracy))
      if (reached && !reachedOn.has(name)) reachedOn.set(name, date);
    const { minimumJudged } = config.accuracy;
    const accuracy = trackDay(
      date,
      {
        realTime: realTimeEstimate(reactions, minimumJudged),
        abTest: experimentEstimate(reactions, minimumJudged),
        feedback: feedbackEstimate(reactions, minimumJudged),
      },
      n + 1,
      config.accuracy,
    );

    const window = log.between(
      startOfDate(addDays(date, 1 - config.preprocess.windowDays), config.timezone),
      bounds.to,
    );
    const night =
      control === "frozen"
        ? undefined
        : await learnAndDecide({
            authored,
            config,
            seed,
            kept,
            test,
            window,
            current: serving,
            parent: isSunday(date) ? undefined : serving.original,
          });
    if (night?.released) serving = night.candidate;
    const day: LifeDay = {
      date,
      events: log.between(bounds.from, bounds.to).length,
      learnt: night?.learnt ?? 0,
      distrusted: night?.distrusted ?? 0,
      dropped: night?.dropped ?? {},
      verdict: night?.verdict ?? { action: "hold", reason: "frozen" },
      released: night?.released ?? false,
      model: serving.digest,
      top1: serving.score.top1,
      graded_top3: serving.score.graded_top3,
      accuracy,
    };
    ledger.see(day, serving.score);
    lived.push(day);
    onDay?.(day);
  }
  return {
    days: lived,
    milestones: milestonesReached(judged.right, judged.all, config.accuracy).map((one) => ({
      ...one,
      reached: reachedOn.has(one.name),
      date: reachedOn.get(one.name) ?? null,
    })),
    incidents: ledger.all,
  };
}

interface Night {
  candidate: Serving;
  released: boolean;
  verdict: Verdict;
}

/** What `02:preprocess` does, and then the night; without a candidate where the data may not be learnt from. */
async function learnAndDecide(options: {
  authored: AuthoredData;
  config: Config;
  seed: number;
  kept: readonly Example[];
  test: readonly Example[];
  window: readonly LoggedEvent[];
  current: Serving;
  parent: Uint8Array | undefined;
}): Promise<Night & { learnt: number; distrusted: number; dropped: Dropped }> {
  const { authored, config, kept, window, current } = options;
  const { preprocess } = config;
  const lines = window.map((event) => JSON.stringify(event));
  const { events, dropped } = readEvents(lines, authored.classes.length, preprocess.maximumEventBytes);
  const learnt = learnExamples(events, authored.examples, authored.classes, preprocess);
  const train = kept.filter(({ split }) => split === "train");
  const faults = dataFaults(
    {
      train: train.length + learnt.examples.length,
      learnt: learnt.examples.length,
      labelShift: totalVariation(labelCounts(learnt.examples), labelCounts(train)),
    },
    preprocess,
  );
  const found = {
    learnt: learnt.examples.length,
    distrusted: learnt.distrusted,
    dropped: { ...dropped, ...learnt.dropped },
  };
  if (faults.length > 0) {
    const verdict: Verdict = { action: "hold", reason: "data-gate", evidence: {}, policyDigest: digestOf(preprocess) };
    return { candidate: current, released: false, verdict, ...found };
  }
  return { ...(await nightly({ ...options, examples: [...kept, ...learnt.examples] })), ...found };
}

/** What `03:train` to `06:deploy` do, on the rung that is trained for instead of all. */
async function nightly({
  authored,
  config,
  seed,
  examples,
  test,
  current,
  parent,
}: {
  authored: AuthoredData;
  config: Config;
  seed: number;
  examples: readonly Example[];
  test: readonly Example[];
  current: Serving | undefined;
  /** Uncompressed; without it the fit begins anew. */
  parent?: Uint8Array | undefined;
}): Promise<Night> {
  const { training, compression, deploy, learning } = config;
  const { model } = await trainInThread({
    examples: examples.filter(({ split }) => split === "train"),
    dev: examples.filter(({ split }) => split === "dev"),
    classes: authored.classes,
    options: training,
    seed,
    rung: training.rung,
    priority: learning.priority_learning,
    ...(parent ? { parent } : {}),
    ...(training.maxBytes > 0 ? { maxBytes: training.maxBytes } : {}),
  });
  const bytes = compress(model, training.rung, training.maxBytes);
  const digest = sha256(bytes);
  const trained = scoreModel(model, sha256(model), test);
  const shipped = scoreModel(bytes, digest, test);
  const verdict = decideRelease(
    {
      trained: { n: trained.score.n, ...trained.score.top1 },
      shipped: { n: shipped.score.n, ...shipped.score.top1 },
      classes: authored.classes.length,
      compression: judgeCompression(measureCompression(decodeModel(model), decodeModel(bytes), test), compression),
      against: current && pairsOf(shipped.correct, current.correct),
      alreadyCurrent: current?.digest === digest,
    },
    { ...deploy, accuracy_impact: compression.accuracy_impact },
    digestOf({ deploy, compression }),
  );
  return { candidate: { digest, bytes, original: model, ...shipped }, released: verdict.action === "promote", verdict };
}

/** The weekly run trains anew (specification 2.1); other nights go on from the model that serves. */
const isSunday = (date: string): boolean => new Date(`${date}T00:00:00Z`).getUTCDay() === 0;

function labelCounts(examples: readonly Example[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { label } of examples) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

/** The same answers with the same words said of them, but each of another's text: whatever is still learnt is not users' doing. */
function dealtOut(events: readonly SimulatedEvent[], key: string): SimulatedEvent[] {
  const answers = [...Map.groupBy(events, ({ user, served }) => `${user} ${served.at}`).values()];
  const texts = randomOf(`shuffle/${key}`).shuffled(answers.map(([first]) => (first as SimulatedEvent).served));
  return answers.flatMap((about, at) => {
    const { text, textHash, lang } = texts[at] as SimulatedEvent["served"];
    return about.map((event) => ({
      ...event,
      served: { ...event.served, textHash, lang, ...(text === undefined ? {} : { text }) },
    }));
  });
}

/** Loss of test accuracy, against the best model so far, that is an incident (specification 8.1, level 1). */
const ACCURACY_DOWN = 0.05;

/** One incident a cause, from the day it is seen to the first day it is not. */
class Incidents {
  readonly all: LifeIncident[] = [];
  #best = 0;

  see({ date, verdict, accuracy }: LifeDay, { top1 }: Score): void {
    this.#best = Math.max(this.#best, top1.value);
    const lost = this.#best - top1.value;
    const { gap } = accuracy;
    this.#note(date, lost >= ACCURACY_DOWN, 1, "accuracy-down", `top-1 ${lost.toFixed(3)} below the best so far`);
    this.#note(date, accuracy.status === "URGENT", 1, "accuracy-behind", `${gap?.toFixed(3)} behind the milestones`);
    this.#note(date, verdict.reason === "accuracy-drop", 2, "candidate-worse", "the night's model was held back");
    this.#note(date, verdict.reason === "compression-gate", 2, "compression-gate", "no rung kept enough");
    this.#note(date, verdict.reason === "data-gate", 3, "data-gate", "the day's data may not be learnt from");
  }

  #note(date: string, isSeen: boolean, level: LifeIncident["level"], cause: string, detail: string): void {
    const open = this.all.find((one) => one.cause === cause && one.closed === null);
    if (isSeen && open === undefined) this.all.push({ date, closed: null, level, cause, detail });
    else if (!isSeen && open !== undefined) open.closed = date;
  }
}
