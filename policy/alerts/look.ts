import type {
  AlertEpisode,
  AlertRule,
  AlertState,
  NotificationLog,
  Sample,
  Samples,
  Silence,
} from "#contracts/alert.ts";
import type { Proof } from "#contracts/incident.ts";
import type { WatchState } from "#contracts/watch.ts";
import { evaluate, holds, inactive } from "./evaluate.ts";
import { mutedOf } from "./mute.ts";
import { episodeId, type NotificationTiming, planNotification } from "./notification.ts";

export interface Look {
  now: number;
  samples: Samples;
  rules: readonly AlertRule[];
  silences: readonly Silence[];
  /** How far looks should be apart, ms. */
  every: number;
  timing: NotificationTiming;
}

/** What a group's receivers are told. */
interface News {
  group: AlertEpisode["group"];
  firing: AlertEpisode[];
  resolved: AlertEpisode[];
}

export interface Looked {
  after: WatchState;
  /** Metrics that rules need and that are not there. */
  missing: string[];
  /** ms without a look, where that was too long. */
  gap: number | null;
  begun: AlertEpisode[];
  /** Episodes that are shown to be over. */
  ended: { episode: AlertEpisode; proof: Proof }[];
  news: News[];
}

export const NO_WATCH: WatchState = { at: 0, states: [], episodes: [], untold: [], told: {}, gaps: [] };

/** A look that is later than this many times it should be leaves a gap. */
const LATE = 2;
const KEPT_EPISODES = 500;
const KEPT_GAPS = 20;
/** The metric that counts those that are missing; watching itself measures it. */
const MISSING = "metrics_missing";

const metricsOf = (rule: AlertRule): string[] => [rule.metric, ...rule.also.map(({ metric }) => metric)];

/** Which metrics of the rules nobody measured. */
const missingFrom = (rules: readonly AlertRule[], samples: Samples): string[] =>
  [...new Set(rules.flatMap(metricsOf))].filter((metric) => metric !== MISSING && samples[metric] === undefined);

/** That a rule's condition is seen not to hold, on enough observations; undefined where that was not seen. */
function proofOf(rule: AlertRule, samples: Samples, at: number): Proof | undefined {
  const sample: Sample | undefined = samples[rule.metric];
  const seen = metricsOf(rule).every((metric) => (samples[metric]?.n ?? -1) >= rule.minimum_sample);
  if (sample === undefined || !seen || holds(rule, samples)) return undefined;
  return { at, metric: rule.metric, value: sample.value, n: sample.n };
}

/**
 * One look at all rules: the state after it, and what is new. An alert's episode ends where its rule no longer fires and its
 * condition is seen not to hold: a metric that vanished, or rests on too little, ends nothing. A time without looks counts as a
 * metric that is missing.
 */
export function lookAt(before: WatchState, { now, samples: measured, rules, silences, every, timing }: Look): Looked {
  const missing = missingFrom(rules, measured);
  const gap = before.at > 0 && now - before.at > LATE * every ? now - before.at : null;
  const samples: Samples = {
    ...measured,
    [MISSING]: { value: missing.length + (gap === null ? 0 : 1), n: rules.length },
  };
  const states = rules.map((rule): AlertState => {
    const known = before.states.find((state) => state.rule === rule.name) ?? inactive(rule);
    return evaluate(rule, known, samples, now);
  });

  const begun: AlertEpisode[] = [];
  const ended: Looked["ended"] = [];
  const isOpen = ({ resolvedAt }: AlertEpisode) => resolvedAt === null;
  for (const [index, rule] of rules.entries()) {
    const state = states[index];
    const open = before.episodes.find((episode) => episode.rule === rule.name && isOpen(episode));
    if (state?.state === "firing") {
      if (!open) begun.push({ rule: rule.name, group: rule.group, firedAt: state.firedAt ?? now, resolvedAt: null });
      continue;
    }
    const proof = open && proofOf(rule, samples, now);
    if (open && proof) ended.push({ episode: { ...open, resolvedAt: now }, proof });
  }
  const over = new Map(ended.map(({ episode }) => [episodeId(episode), episode]));
  const episodes = [...begun, ...before.episodes.map((episode) => over.get(episodeId(episode)) ?? episode)].slice(
    0,
    KEPT_EPISODES,
  );

  const firing = new Set(episodes.filter(isOpen).map(({ rule }) => rule));
  const heard = (episode: AlertEpisode) => !mutedOf(episode, firing, silences, now).muted;
  const untold = new Set([
    ...before.untold,
    ...ended
      .map(({ episode }) => episode)
      .filter(heard)
      .map(episodeId),
  ]);
  const told: WatchState["told"] = { ...before.told };
  const news: News[] = [];
  for (const group of new Set(rules.map((rule) => rule.group))) {
    const relevant = episodes.filter(
      (episode) => episode.group === group && (isOpen(episode) ? heard(episode) : untold.has(episodeId(episode))),
    );
    const plan = planNotification(relevant, told[group] ?? null, now, timing);
    if (!plan.send) continue;
    told[group] = plan.log as NotificationLog;
    for (const id of told[group].resolved) untold.delete(id);
    news.push({ group, firing: plan.firing, resolved: plan.resolved });
  }
  return {
    after: {
      at: now,
      states,
      episodes,
      untold: [...untold],
      told,
      gaps: [...(gap === null ? [] : [{ from: before.at, to: now }]), ...before.gaps].slice(0, KEPT_GAPS),
    },
    missing,
    gap,
    begun,
    ended,
    news,
  };
}
