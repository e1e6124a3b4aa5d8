import type { Tracked } from "#activities/live-accuracy.ts";
import type { AlertEpisode } from "#contracts/alert.ts";
import type { CostReport, RunCost } from "#contracts/cost.ts";
import type { Experiment, ExperimentReport } from "#contracts/experiment.ts";
import type { Incident } from "#contracts/incident.ts";
import type { ReleaseEvent } from "#contracts/release.ts";
import type { RunReport } from "#contracts/run.ts";
import { standingOfDays } from "#policy/accuracy/standing.ts";
import { runCost } from "#policy/cost/run-cost.ts";
import type { Coverage } from "#policy/coverage.ts";
import { accuracyPicture } from "./accuracy-picture.ts";
import { type Bars, barsPicture } from "./bars-picture.ts";
import type { Report, Section } from "./report-page.ts";
import { weekPicture } from "./week-picture.ts";

/** An experiment that ran in the week, and what it has shown; undefined where the edge's log did not answer. */
export interface WeekExperiment {
  name: string;
  state: Experiment["state"];
  report: ExperimentReport | undefined;
}

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
  experiments: readonly WeekExperiment[];
  /** Episodes of alerts that began or went on in the week, oldest first; undefined where nobody watched. */
  alerts: readonly AlertEpisode[] | undefined;
  /** Opened in the week. */
  incidents: readonly Incident[];
  /** When the week begins and ends, ms since 1970. */
  begin: number;
  end: number;
  coverage: Coverage | undefined;
  cost: CostReport | undefined;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const clock = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** One page of a week: accuracy against the milestones, what happened, runs and verdicts, releases, experiments, alerts, incidents, data and what changed, coverage, cost. */
export function weeklyReport(week: Week): Report {
  const parts = [accuracy, runs, releases, experiments, alerts, incidents, data, coverage, cost];
  const sections = parts.map((part) => part(week));
  return {
    title: `Week of ${week.from} to ${week.to}`,
    lead: sections.flatMap(({ title, sentences: [first] }) => (first === undefined ? [] : [`${title}: ${first}`])),
    sections,
  };
}

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
  const costs = (runs ?? []).map(runCost);
  return {
    title: "Runs and verdicts",
    sentences: [
      runs === undefined
        ? "Temporal did not answer: the week's runs are not known here."
        : `${runs.filter(({ status }) => status === "completed").length} of ${runs.length} runs completed; ${runs.filter(({ verdict }) => verdict?.action === "promote").length} were promoted.`,
    ],
    ...(costs.some(({ cpuSeconds }) => cpuSeconds > 0)
      ? { picture: { name: "cpu.svg", svg: barsPicture(cpuByStage(costs), "CPU seconds") } }
      : {}),
    table: {
      head: ["run", "status", "verdict", "reason", "test top-1", "seconds", "CPU seconds", "MB made", "actions"],
      rows: (runs ?? []).map((run, at) => [
        run.workflowId,
        run.status,
        run.verdict?.action ?? "",
        run.verdict?.reason ?? run.error ?? "",
        run.stages.find(({ name }) => name === "04:validate")?.summary ?? "",
        seconds(run).toFixed(0),
        (costs[at]?.cpuSeconds ?? 0).toFixed(0),
        ((costs[at]?.bytes ?? 0) / 1e6).toFixed(1),
        run.actions === undefined ? "" : String(run.actions),
      ]),
    },
  };
}

/** CPU seconds of each run, by stage. */
function cpuByStage(costs: readonly RunCost[]): Bars {
  const names = [...new Set(costs.flatMap(({ stages }) => stages.map(({ name }) => name)))];
  return {
    columns: costs.map(({ workflowId }) => workflowId),
    rows: names.map((name) => ({
      name,
      values: costs.map(({ stages }) => stages.find((stage) => stage.name === name)?.cpuSeconds ?? 0),
    })),
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

function experiments({ experiments }: Week): Section {
  const signed = (value: number): string => `${value > 0 ? "+" : ""}${(100 * value).toFixed(1)} points`;
  return {
    title: "Experiments",
    sentences: [experiments.length === 0 ? "None ran." : `${experiments.length} ran.`],
    table: {
      head: ["experiment", "state", "decision", "reason", "effect on accuracy", "95% interval"],
      rows: experiments.map(({ name, state, report }) => [
        name,
        state,
        report?.decision.action ?? "not measured",
        report?.decision.reason ?? "",
        report?.effect == null ? "" : signed(report.effect),
        report?.interval ? `${signed(report.interval.lower)} to ${signed(report.interval.upper)}` : "",
      ]),
    },
  };
}

function alerts({ alerts, begin, end }: Week): Section {
  if (alerts === undefined)
    return { title: "Alerts", sentences: ["Nobody watched: haqei schedules resume watch begins it."] };
  const fired = [...Map.groupBy(alerts, ({ rule }) => rule)];
  const minutes = ({ firedAt, resolvedAt }: AlertEpisode): number =>
    (Math.min(resolvedAt ?? end, end) - Math.max(firedAt, begin)) / 60_000;
  return {
    title: "Alerts",
    sentences: [fired.length === 0 ? "None fired." : `${fired.length} rules fired, ${alerts.length} times in all.`],
    table: {
      head: ["rule", "group", "times", "minutes", "now"],
      rows: fired.map(([rule, episodes]) => [
        rule,
        episodes[0]?.group ?? "",
        String(episodes.length),
        episodes.reduce((sum, episode) => sum + minutes(episode), 0).toFixed(0),
        episodes.some(({ resolvedAt }) => resolvedAt === null) ? "fires" : "over",
      ]),
    },
  };
}

function incidents(week: Week): Section {
  const { incidents } = week;
  const open = incidents.filter(({ closed }) => !closed).length;
  return {
    title: "Incidents",
    sentences: [incidents.length === 0 ? "None was opened." : `${incidents.length} opened, ${open} still open.`],
    picture: { name: "week.svg", svg: weekPicture(week) },
    table: {
      head: ["opened", "level", "cause", "answered after", "open for", "last"],
      rows: incidents.map(({ opened, level, cause, acknowledged, closed, timeline }) => [
        clock(opened),
        String(level),
        cause,
        acknowledged ? span(acknowledged.at - opened) : "",
        closed ? span(closed.at - opened) : "still open",
        timeline.at(-1)?.what ?? "",
      ]),
    },
  };
}

/** Minutes, hours or days, whichever reads best. */
function span(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 120) return `${minutes.toFixed(0)} min`;
  return minutes < 2880 ? `${(minutes / 60).toFixed(1)} h` : `${(minutes / 1440).toFixed(1)} days`;
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
      last.length === 0
        ? "No run told of its data."
        : `The last run counted ${last.length} things of its data; ${last.filter(([name, value]) => value !== first.get(name)).length} differ from the first's.`,
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
