import type { Tracked } from "#activities/live-accuracy.ts";
import type { CostReport } from "#contracts/cost.ts";
import type { Incident } from "#contracts/incident.ts";
import type { ReleaseEvent } from "#contracts/release.ts";
import type { RunReport } from "#contracts/run.ts";
import { standingOfDays } from "#policy/accuracy/standing.ts";
import type { Coverage } from "#policy/coverage.ts";
import { accuracyPicture } from "./accuracy-picture.ts";
import type { Report, Section } from "./report-page.ts";

/** What a week's report is made of; what could not be measured is undefined, and the report says so. */
export interface Week {
  /** Logical dates, both included. */
  from: string;
  to: string;
  /** Of the days up to `to`, the week's the last. */
  accuracy: Tracked;
  target: number;
  /** The week's, oldest first; undefined where Temporal did not answer. */
  runs: readonly RunReport[] | undefined;
  releases: readonly ReleaseEvent[];
  incidents: readonly Incident[];
  coverage: Coverage | undefined;
  cost: CostReport | undefined;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const clock = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** One page of a week: accuracy against the milestones, runs and verdicts, releases, incidents, coverage, cost, data, what changed. */
export const weeklyReport = (week: Week): Report => ({
  title: `Week of ${week.from} to ${week.to}`,
  sections: [accuracy(week), runs(week), releases(week), incidents(week), data(week), coverage(week), cost(week)],
});

function accuracy({ accuracy: { days, start, milestones, judged }, target }: Week): Section {
  const { status, actions } = standingOfDays(days);
  const last = days.findLast(({ weighted }) => weighted !== null);
  return {
    title: "Accuracy",
    sentences: [
      last?.weighted
        ? `On ${last.date} ${percent(last.weighted.value)} of answers had a right line among the first three (graded_top3; 95% interval ${percent(last.weighted.lo)} to ${percent(last.weighted.hi)})${last.expected === null ? "" : `, where the milestones ask for ${percent(last.expected)}`}: ${status}.`
        : "Too few answers were judged on any day to say how often they are right.",
      start ? `Days count from ${start}.` : "No model has reached everybody yet, so that no milestone is due.",
      ...actions.map((action) => `To do: ${action}.`),
    ],
    picture: { name: "accuracy.svg", svg: accuracyPicture({ days }, target) },
    table: {
      head: ["milestone", "due on day", "asks for", `shown at least, of ${judged} judged`, ""],
      rows: milestones.map(({ name, due, target, lower, reached }) => [
        name,
        String(due),
        percent(target),
        percent(lower),
        reached ? "reached" : "not shown yet",
      ]),
    },
  };
}

function runs({ runs }: Week): Section {
  const seconds = ({ stages }: RunReport) => stages.reduce((sum, stage) => sum + stage.seconds, 0);
  const cpu = ({ stages }: RunReport) => stages.reduce((sum, stage) => sum + (stage.cpuSeconds ?? 0), 0);
  const bytes = ({ stages }: RunReport) => stages.reduce((sum, stage) => sum + (stage.output?.bytes ?? 0), 0);
  return {
    title: "Runs and verdicts",
    sentences: [
      runs === undefined
        ? "Temporal did not answer: the week's runs are not known here."
        : `${runs.filter(({ status }) => status === "completed").length} of ${runs.length} runs completed.`,
    ],
    table: {
      head: ["run", "status", "verdict", "reason", "test top-1", "seconds", "CPU seconds", "MB made"],
      rows: (runs ?? []).map((run) => [
        run.workflowId,
        run.status,
        run.verdict?.action ?? "",
        run.verdict?.reason ?? run.error ?? "",
        run.stages.find(({ name }) => name === "04:validate")?.summary ?? "",
        seconds(run).toFixed(0),
        cpu(run).toFixed(0),
        (bytes(run) / 1e6).toFixed(1),
      ]),
    },
  };
}

function releases({ releases }: Week): Section {
  const gone = releases.filter(({ outcome }) => outcome === "rolled-back").length;
  return {
    title: "Releases",
    sentences: [
      releases.length === 0
        ? "Nothing was released or rolled back."
        : `${releases.length - gone} released, ${gone} rolled back.`,
    ],
    table: {
      head: ["at", "version", "model", "outcome", "reason"],
      rows: releases.map(({ at, version, sha256, outcome, reason }) => [
        clock(at),
        version ?? "",
        sha256.slice(0, 12),
        outcome,
        reason ?? "",
      ]),
    },
  };
}

function incidents({ incidents }: Week): Section {
  return {
    title: "Incidents",
    sentences: [incidents.length === 0 ? "None was opened." : `${incidents.length} opened.`],
    table: {
      head: ["opened", "level", "cause", "last"],
      rows: incidents.map(({ opened, level, cause, timeline }) => [
        clock(opened),
        String(level),
        cause,
        timeline.at(-1)?.what ?? "",
      ]),
    },
  };
}

/** Counts that stages tell of their data, and how the last run's differ from the first's: what changed. */
function data({ runs = [] }: Week): Section {
  const of = (run: RunReport | undefined) =>
    Object.entries(run?.metrics ?? {}).filter(
      (entry): entry is [string, number] => /^(collect|preprocess)\./.test(entry[0]) && typeof entry[1] === "number",
    );
  const [first, last] = [new Map(of(runs[0])), of(runs.at(-1))];
  return {
    title: "Data and what changed",
    sentences: [
      last.length === 0 ? "No run told of its data." : "Counts of the last run, and how they differ from the first's.",
    ],
    table: {
      head: ["count", "last run", "change over the week"],
      rows: last
        .filter(([name]) => !/seconds/i.test(name))
        .map(([name, value]) => {
          const change = value - (first.get(name) ?? 0);
          return [
            name,
            value.toLocaleString("en-US"),
            change === 0 ? "none" : `${change > 0 ? "+" : ""}${change.toLocaleString("en-US")}`,
          ];
        }),
    },
  };
}

function coverage({ coverage }: Week): Section {
  if (coverage === undefined || coverage.total_unique_tokens === 0)
    return { title: "Coverage", sentences: ["No queries with consent: coverage is not measured."] };
  return {
    title: "Coverage",
    sentences: [
      `The dictionary knows ${percent(coverage.coverage_rate)} of ${coverage.total_unique_tokens} different words, and ${percent(coverage.token_weighted_rate)} of words as often as they are used. ${coverage.recommendation}`,
    ],
  };
}

function cost({ cost }: Week): Section {
  if (cost === undefined) return { title: "Cost", sentences: ["The edge did not answer: traffic is not measured."] };
  const { total, interval, traffic, cost_per_1000_requests: each, breakdown } = cost;
  const dollars = (amount: number) => `$${amount.toFixed(2)}`;
  return {
    title: "Cost",
    sentences: [
      `${dollars(total)} a month${interval ? ` (95% interval ${dollars(interval.lo)} to ${dollars(interval.hi)})` : ""} at ${traffic.requestsPerDay.toFixed(0)} requests a day, prices ${cost.table}${each === null ? "" : `; $${each.toPrecision(3)} for 1,000 requests`}.`,
      ...cost.optimization_suggestions.map(
        ({ area, saving, action }) => `${area} would save ${dollars(saving)}: ${action}`,
      ),
    ],
    table: {
      head: ["item", "dollars a month"],
      rows: Object.entries(breakdown)
        .filter(([, value]) => value > 0)
        .map(([item, value]) => [item, value.toFixed(4)]),
    },
  };
}
