import type { RunOutcome, RunReport } from "#contracts/run.ts";
import type { Progress } from "#local/progress.ts";
import { table } from "./table.ts";

/** A run for people: its stages, what it came to, and where to look. */
export function describeRun(run: RunReport): string {
  const rows = run.stages.map(({ name, status, seconds, summary, error }) => [
    name,
    status,
    seconds.toFixed(1),
    error ?? summary ?? "",
  ]);
  return [
    ...(rows.length > 0 ? [table(["stage", "state", "seconds", "result"], rows), ""] : []),
    `${run.workflowId}: ${run.status}${run.reused ? " (done earlier)" : ""}${run.partial ? ", of a day that was not over" : ""}`,
    ...(run.verdict ? [`Verdict: ${run.verdict.action} (${run.verdict.reason})`] : []),
    ...(run.model ? [`Model ${run.model.sha256} (${run.model.bytes} bytes, ${run.model.rung})`] : []),
    ...(run.error ? [run.error] : []),
    ...(run.url ? [run.url] : []),
  ].join("\n");
}

/** Tells each stage's change of state once. */
export function progressOf(log: Progress): (outcome: RunOutcome) => void {
  const told = new Map<string, string>();
  return ({ stages }) => {
    for (const { name, status, summary, error } of stages) {
      if (status === "waiting" || told.get(name) === status) continue;
      told.set(name, status);
      log(`${name}: ${status}${status !== "running" && (error ?? summary) ? ` (${error ?? summary})` : ""}`);
    }
  };
}
