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
 * Runs the planned dates one after the other: each day is judged against the model that the day before may have released. Goes on
 * after a day that fails, and reports it.
 */
export async function runBackfill(
  endpoints: Endpoints,
  plan: readonly PlannedRun[],
  input: Omit<RunInput, "date">,
  options: { again: boolean; timezone: string },
  onRun: (report: RunReport, done: number) => void,
): Promise<RunReport[]> {
  const reports: RunReport[] = [];
  for (const { date } of plan) {
    const report = await startRun(endpoints, { ...input, date }, { ...options, wait: true });
    reports.push(report);
    onRun(report, reports.length);
  }
  return reports;
}
