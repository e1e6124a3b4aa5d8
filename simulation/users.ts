import type { FeedbackType } from "#contracts/event.ts";
import { type Relation, relation, siblings } from "./lines.ts";
import { type Random, randomOf } from "./random.ts";

/**
 * Simulated users (dataset.md). Which kinds of feedback a query gets, and under which ids, depends on seed, date and the
 * query's place alone; what the feedback says depends on the answer too. So a day asked again, of a better model, sends the
 * same ids and adds nothing.
 */

/** Share of queries that get any feedback. */
const ENGAGED = 0.86;

/**
 * What a user does with an answer, per 1,000 events: 300 clicks, 200 of which are followed by a noted stay (dwell), 100
 * bounces, 200 thumbs, 100 corrections, 100 reports.
 */
const ACTIONS = { click: 300, bounce: 100, thumb: 200, correction: 100, report: 100 } as const;
const DWELL_AFTER_CLICK = 200 / 300;

const THUMB_UP: Readonly<Record<Relation, number>> = {
  exact: 0.85,
  acceptable: 0.65,
  sibling: 0.4,
  position: 0.3,
  unrelated: 0.1,
};
const CORRECTIONS = { right: 0.75, sibling: 0.15, random: 0.1 } as const;
/** Share of corrections and clicks that are chosen from what is shown, the first shown being the likeliest. */
const FROM_SHOWN = 0.9;
const BAD_ACTORS = 0.07;
/** Share of events that a client sends twice, as after a lost answer. */
const SENT_TWICE = 0.04;

export type User = {
  id: string;
  /** Answers at random, so as to mislead. */
  bad: boolean;
  /** Added to the log-odds of a thumb up: some people are kinder than others. */
  kindness: number;
};

/** User number `index` of a population. Users keep their ways from day to day. */
export function userOf(seed: number, index: number): User {
  const random = randomOf(`user/${seed}/${index}`);
  return { id: `sim-${seed}-${index}`, bad: random.chance(BAD_ACTORS), kindness: 0.5 * random.normal() };
}

export type Asked = {
  /** Seed, date and place of the query: names its feedback for good. */
  key: string;
  user: User;
  /** Class that is right. The learner never sees it. */
  truth: number;
  /** Number of classes; ids are 1 to this. */
  classes: number;
  /** True for the 384 lines, whose classes have siblings. */
  ofLines: boolean;
};

export type Reaction = {
  id: string;
  type: FeedbackType;
  /** ms between the answer and this. */
  delay: number;
  /** How often it is sent. */
  times: 1 | 2;
  shownId?: number;
  value?: number;
  correctId?: number;
  reason?: string;
};

/**
 * What a user sends after seeing `shown` (class ids, best first, at least one).
 * @throws RangeError where nothing is shown.
 */
export function reactionsTo(asked: Asked, shown: readonly number[]): Reaction[] {
  const [first] = shown;
  if (first === undefined) throw new RangeError("nothing is shown");
  const plan = randomOf(`plan/${asked.key}`);
  const saying = randomOf(`say/${asked.key}`);
  if (!plan.chance(ENGAGED)) return [];
  const action = plan.weighted(ACTIONS);
  const dwells = action === "click" && plan.chance(DWELL_AFTER_CLICK);

  const { key, user, truth, ofLines } = asked;
  const delay = 1000 + Math.round(-8000 * Math.log(1 - plan.next()));
  const event = (type: FeedbackType, after: number): Reaction => ({
    id: `${key}-${type}`,
    type,
    delay: after,
    times: plan.chance(SENT_TWICE) ? 2 : 1,
  });
  switch (action) {
    case "click": {
      const shownId = clicked(asked, shown, saying);
      const click = { ...event("click", delay), shownId };
      if (!dwells) return [click];
      const value = stay(user.bad ? "exact" : relation(truth, shownId, ofLines), saying);
      return [click, { ...event("dwell", delay + value), shownId, value }];
    }
    case "bounce":
      return [{ ...event("bounce", delay) }];
    case "thumb": {
      const up = user.bad
        ? saying.chance(0.5)
        : saying.chance(kinder(THUMB_UP[relation(truth, first, ofLines)], user.kindness));
      return [{ ...event("thumb", delay), shownId: first, value: up ? 1 : -1 }];
    }
    case "correction":
      return [{ ...event("correction", delay), shownId: first, correctId: corrected(asked, shown, saying) }];
    case "report":
      return [{ ...event("report", delay), shownId: first, reason: saying.pick(REASONS) }];
  }
}

const REASONS = ["ぜんぜん違う", "意味が分からない", "質問と関係ない", "表示が崩れている", "不快な内容"] as const;

/** Probability after a shift of its log-odds. */
function kinder(probability: number, shift: number): number {
  return 1 / (1 + ((1 - probability) / probability) * Math.exp(-shift));
}

/** What fits, mostly, where it is shown; else by rank. Bad actors open the first. */
function clicked({ user, truth, ofLines }: Asked, shown: readonly number[], random: Random): number {
  if (user.bad) return shown[0] as number;
  const fitting = shown.filter((id) => ["exact", "acceptable"].includes(relation(truth, id, ofLines)));
  return fitting.length > 0 && random.chance(FROM_SHOWN) ? (fitting[0] as number) : byRank(shown, random);
}

/** Position bias: rank r with a chance in proportion to 1/r. */
function byRank(shown: readonly number[], random: Random): number {
  const rank = random.weighted(Object.fromEntries(shown.map((_, index) => [String(index), 1 / (index + 1)])));
  return shown[Number(rank)] as number;
}

/** Length of a stay in ms: log-normal about 25 s on what fits, 4 s on what does not. */
function stay(how: Relation, random: Random): number {
  const median = how === "exact" || how === "acceptable" ? 25_000 : how === "sibling" ? 8000 : 4000;
  return Math.min(600_000, Math.round(median * Math.exp(0.6 * random.normal())));
}

/**
 * 75% right, 15% a sibling, 10% any class; a wrong one is taken from what is shown, by rank, in 90% of cases where something
 * there is of that kind. Bad actors name any class.
 */
function corrected(asked: Asked, shown: readonly number[], random: Random): number {
  const { user, truth, classes, ofLines } = asked;
  const anyClass = () => 1 + random.below(classes);
  if (user.bad) return anyClass();
  const kind = random.weighted(CORRECTIONS);
  if (kind === "right") return truth;
  const all = kind === "sibling" && ofLines ? siblings(truth) : undefined;
  const offered = shown.filter((id) => id !== truth && (all?.includes(id) ?? true));
  if (offered.length > 0 && random.chance(FROM_SHOWN)) return byRank(offered, random);
  return all === undefined ? anyClass() : random.pick(all);
}
