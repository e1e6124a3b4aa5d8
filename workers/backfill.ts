import type { Client } from "@temporalio/client";
import { type RunInput, type RunReport, runIdOf } from "#contracts/run.ts";
import type { Endpoints } from "#local/home.ts";
import { type CycleKind, cycleOf } from "#policy/cycles.ts";
import { datesBetween } from "#policy/logical-date.ts";
import { startRun } from "./client.ts";
import { reportRun } from "./runs.ts";

export interface PlannedRun {
  date: string;
  /** Why it will be run, or not. */
  reason: "never run" | "failed earlier" | "running" | "done" | "done, again";
  /** Nothing will be started for it: a finished or running one stands. */
  cached: boolean;
  /** From the latest finished run; 0 where nothing will be started, undefined where none was ever finished. */
  estimatedSeconds?: number;
}

/** What a backfill over these dates would do, in order: those of them that the calendar gives a run of this kind. Starts nothing. */
export async function planBackfill(
  client: Client,
  endpoints: Endpoints,
  kind: CycleKind,
  range: { from: string; to: string },
  again: boolean,
): Promise<PlannedRun[]> {
  const plan: PlannedRun[] = [];
  const seconds: number[] = [];
  for (const date of datesBetween(range.from, range.to)) {
    // A day on whose night a larger run stood in for the daily one may be asked for as a day all the same.
    if (kind !== "daily" && cycleOf(date) !== kind) continue;
    const run = await reportRun(client, endpoints, runIdOf({ kind, date }));
    if (run?.status === "completed") seconds.push(run.stages.reduce((sum, stage) => sum + stage.seconds, 0));
    if (run?.status === "running") plan.push({ date, reason: "running", cached: true });
    else if (run?.status === "completed") plan.push({ date, reason: again ? "done, again" : "done", cached: !again });
    else plan.push({ date, reason: run ? "failed earlier" : "never run", cached: false });
  }
  const typical = seconds.sort((a, b) => a - b)[seconds.length >> 1];
  return plan.map((one) =>
    one.cached ? { ...one, estimatedSeconds: 0 } : typical === undefined ? one : { ...one, estimatedSeconds: typical },
  );
}

/**
 * Runs the planned dates, oldest first. Where runs release, one after the other: a day is judged against the model that the day before may have
 * released. Where they do not, no day depends on another, and up to `parallel` run at once. Goes on after a day that fails, and
 * reports it. Whoever is interrupted calls it again: what is done is left alone, what runs is joined.
 *
 * @param onRun called with each run as it ends
 * @returns the runs in the order of the plan
 */
export async function runBackfill(
  endpoints: Endpoints,
  plan: readonly PlannedRun[],
  input: Omit<RunInput, "date">,
  { parallel, ...options }: { again: boolean; timezone: string; parallel: number },
  onRun: (report: RunReport) => void,
): Promise<RunReport[]> {
  const reports = new Map<string, RunReport>();
  const left = plan.values();
  const lane = async (): Promise<void> => {
    for (const { date } of left) {
      const report = await startRun(endpoints, { ...input, date }, { ...options, wait: true });
      reports.set(date, report);
      onRun(report);
    }
  };
  await Promise.all(Array.from({ length: input.release ? 1 : parallel }, lane));
  return plan.map(({ date }) => reports.get(date) as RunReport);
}

/** Seconds until the runs that are left have ended, by what those that were not cached took so far; undefined while none has. */
export function secondsLeft(
  plan: readonly PlannedRun[],
  { done, seconds }: { done: ReadonlySet<string>; seconds: number },
): number | undefined {
  const work = plan.filter(({ cached }) => !cached);
  const ended = work.filter(({ date }) => done.has(date)).length;
  return ended === 0 ? undefined : (seconds / ended) * (work.length - ended);
}
