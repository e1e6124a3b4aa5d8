import type { AccuracyDay, ConfigChange, Proposal, ProposedStep } from "#contracts/accuracy.ts";
import type { Config } from "#contracts/config.ts";
import { addDays } from "../logical-date.ts";
import type { Milestone } from "./tracker.ts";

/** How far the specification loosens compression: 5 to 7 MB (7.3). */
const LOOSER = 7 / 5;
/** Where `npm run teacher` serves a larger language model. */
const TEACHER = "http://127.0.0.1:8384/v1";

/** What the tracker knows, days oldest first, `start` the first day on which everybody had a model. */
interface Tracked {
  days: readonly AccuracyDay[];
  start: string | null;
  milestones: readonly Milestone[];
}

type Measure = (config: Config) => { changes?: Omit<ConfigChange, "because">[]; steps?: ProposedStep[] };

/** What the specification asks for where a day's gap is too large (7.1). */
const BY_STATUS: Partial<Record<AccuracyDay["status"], Measure>> = {
  URGENT: ({ daily }) => ({
    changes: [
      {
        path: ["daily", "data_required"],
        from: daily.data_required,
        to: Math.ceil(daily.data_required / 2),
        action: "learn every 12 hours instead of daily: half a day brings half the feedback",
      },
    ],
    steps: [
      { action: "learn every 12 hours instead of daily", command: "npx haqei run daily --date TODAY --again" },
      { action: "review compression parameters", command: "npx haqei lineage current" },
      { action: "analyse feedback more", command: "npx haqei dataset annotate --asked --by NAME" },
    ],
  }),
  WARNING: ({ learning: { priority_learning } }) => ({
    changes: [
      {
        path: ["learning", "priority_learning", "enabled"],
        from: priority_learning.enabled,
        to: true,
        action: "relearn frequent patterns",
      },
    ],
    steps: [{ action: "update the keyword dictionary", command: "npx haqei run monthly --again" }],
  }),
};

/** What it asks for where a milestone was missed (7.3). */
const BY_MILESTONE: Readonly<Record<string, Measure>> = {
  week1: ({ compression, training }) => ({
    changes: [
      { path: ["compression", "shipBytes"], from: compression.shipBytes, to: looser(compression.shipBytes) },
      { path: ["training", "maxBytes"], from: training.maxBytes, to: looser(training.maxBytes) },
    ].map((change) => ({ ...change, action: "loosen compression (5 to 7 MB, here in the same proportion)" })),
    steps: [{ action: "review the cache strategy", command: "npx haqei cost" }],
  }),
  week4: ({ teacher }) => ({
    changes: [
      {
        path: ["teacher", "url"],
        from: teacher.url ?? null,
        to: teacher.url ?? TEACHER,
        action: "heavier NLP, by an API",
      },
    ],
    steps: [{ action: "an API for high-accuracy processing", command: "npm run teacher" }],
  }),
  month3: ({ release }) => ({
    changes: [
      {
        path: ["release", "approval"],
        from: release.approval,
        to: true,
        action: "partial human review: of each release",
      },
    ],
    steps: [
      {
        action: "partial human review: of the queries that the model is least sure of",
        command: "npx haqei dataset annotate --asked --by NAME",
      },
    ],
  }),
};

const looser = (bytes: number): number => Math.round(bytes * LOOSER);

/**
 * The specification's measures for where the tracker stands (7.1, 7.3), as changes of the config that a person may take over; what no
 * setting can do is a step with its command. Of the last day on which enough was judged; a milestone is missed where it was due and
 * that day's whole interval lies below it: no judgement, no proposal.
 */
export function proposalFor({ days, start, milestones }: Tracked, config: Config): Proposal {
  const day = days.findLast(({ weighted }) => weighted !== null);
  if (!day?.weighted || start === null || day.date < start) return { changes: [], steps: [] };
  const { value, lo, hi } = day.weighted;
  const shown = `graded_top3 ${value.toFixed(3)} (${lo.toFixed(3)}-${hi.toFixed(3)}) on ${day.date}`;
  const missed = milestones.filter(({ due, target }) => addDays(start, due) <= day.date && hi < target);
  const causes: [Measure | undefined, string][] = [
    [BY_STATUS[day.status], `${day.status} (7.1): ${shown}, ${day.expected?.toFixed(3)} expected`],
    ...missed.map(({ name, target }): [Measure | undefined, string] => [
      BY_MILESTONE[name],
      `${name} missed (7.3): ${shown}, ${target} asked for`,
    ]),
  ];
  const found = causes.map(([measure, because]) => ({ because, ...measure?.(config) }));
  const steps = found.flatMap(({ steps = [] }) => steps);
  return {
    changes: found.flatMap(({ changes = [], because }) =>
      changes.filter(({ from, to }) => from !== to).map((change) => ({ ...change, because })),
    ),
    steps: [...new Map(steps.map((step) => [step.action, step])).values()],
  };
}
