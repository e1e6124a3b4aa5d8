import type { RunInput, RunOutcome } from "#contracts/run.ts";

/** The UI gives table cells no room: em spaces keep the heads apart. */
const HEAD = "| stage\u2003\u2003 | state\u2003 | seconds\u2003 | attempt\u2003 | result |";

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const seconds = (value: number): string => (value > 0 ? value.toFixed(1) : "");

/** A run's current details in the Temporal UI: a table of its stages, in Markdown (the UI draws no diagrams: a link leads to one). */
export function currentDetails(run: RunInput, outcome: RunOutcome, picture: string | undefined): string {
  const rows = outcome.stages.map(
    (stage) =>
      `| ${stage.name} | ${stage.status} | ${seconds(stage.seconds)} | ${stage.attempt || ""} | ${cell(stage.error ?? stage.summary ?? "")} |`,
  );
  const notes = [
    outcome.partial ? `The day ${run.date} was not over when its events were read: this run is partial.` : "",
    outcome.overran ? "This run took longer than its window allows." : "",
    outcome.verdict ? `Verdict: **${outcome.verdict.action}** (${outcome.verdict.reason}).` : "",
    picture ? `[Picture of the stages](${picture})` : "",
  ];
  return [HEAD, "|:---|:---|:---|:---|:---|", ...rows, "", ...notes.filter(Boolean)].join("\n");
}
