import type { Rollout, RolloutLook } from "#contracts/rollout.ts";
import type { RunReport, StageState } from "#contracts/run.ts";
import { isOver, placeOf, shareName } from "#policy/rollout.ts";
import { DAGS } from "#workflows/kinds.ts";
import { dagPicture, STATE_COLOURS } from "./dag-picture.ts";
import { liveStages } from "./runs.ts";

/** The list of runs, latest first, and how the rollout stands. */
export function listPage(runs: readonly RunReport[], rollout?: Rollout): string {
  const rows = runs.map((run) => [
    `<a href="/runs/${encodeURIComponent(run.workflowId)}">${escaped(run.workflowId)}</a>`,
    badge(run.status),
    `<span class="dots">${liveStages(run).map(dot).join("")}</span>`,
    escaped(run.stages.find(({ name }) => name === "04:validate")?.summary ?? ""),
    run.verdict ? `${run.verdict.action}, ${escaped(run.verdict.reason)}` : "",
    digest(run.model?.sha256),
    run.url ? `<a href="${escaped(run.url)}">Temporal UI</a>` : "",
  ]);
  return page({
    title: "Runs",
    refresh: runs.some(({ status }) => status === "running") ? 3 : 30,
    body: [
      rollout
        ? `<p><a href="/rollout">Rollout of ${escaped(rollout.candidate.version)}</a>: ${standing(rollout)}</p>`
        : "",
      `<nav><a href="/incidents">Incidents</a></nav>`,
      rows.length > 0
        ? table(["run", "status", "stages", "accuracy", "verdict", "model", ""], rows)
        : "<p>No run yet. One is started with <code>npx haqei run daily</code>.</p>",
    ].join("\n"),
  });
}

/** The latest rollout: stage, share, next look, the verdict with every number it rests on, looks and what happened. */
export function rolloutPage(rollout: Rollout): string {
  const { candidate, stage, nextLook, verdict, looks, history, waiting, rolledBack } = rollout;
  const of = ({ users, usersWithError }: RolloutLook["canary"]): string => `${usersWithError} of ${users}`;
  const facts = {
    model: candidate.sha256.slice(0, 12),
    ...(stage
      ? {
          share: `${stage.share * 100}%`,
          "since (UTC)": clock(stage.since),
          "planned hours": stage.plannedHours ?? "for good",
        }
      : {}),
    ...(nextLook ? { "next look (UTC)": clock(nextLook) } : {}),
    ...(waiting ? { waiting: waiting.version } : {}),
    ...(rolledBack
      ? {
          "gone back to": rolledBack.sha256.slice(0, 12),
          "seconds until the edge had confirmed it": rolledBack.seconds,
        }
      : {}),
  };
  return page({
    title: `Rollout of ${candidate.version}`,
    refresh: isOver(rollout) ? undefined : 3,
    body: [
      `<nav><a href="/">All runs</a></nav>`,
      `<p>${standing(rollout)}</p>`,
      figures(facts),
      verdict ? `<h2>Verdict: ${verdict.action}, ${escaped(verdict.reason)}</h2>${figures(verdict.evidence)}` : "",
      `<h2>Looks</h2>${table(
        ["at (UTC)", "share", "verdict", "canary: users with errors", "stable: users with errors", "labelled pairs"],
        looks
          .toReversed()
          .map((look) => [
            clock(look.at),
            shareName(look.share),
            `${look.action}, ${look.reason}`,
            of(look.canary),
            of(look.stable),
            String(look.pairs),
          ]),
      )}`,
      happened(history.toReversed()),
    ].join("\n"),
  });
}

const standing = ({ state, stage }: Rollout): string =>
  `<span class="badge ${BADGES[state] ?? "running"}">${state}</span>${stage ? ` ${placeOf(stage.share)}${stage.share > 0 ? " of users" : ""}` : ""}`;
/** States that are over, in the colours of runs. */
const BADGES: Partial<Record<Rollout["state"], RunReport["status"]>> = {
  released: "completed",
  "rolled-back": "failed",
  frozen: "failed",
  aborted: "cancelled",
  withdrawn: "cancelled",
  refused: "cancelled",
};
/** What happened, in this order, and who had it done. */
export const happened = (
  notes: readonly { at: number; what: string; person?: string | undefined; reason?: string | undefined }[],
): string =>
  `<h2>What happened</h2>${table(
    ["at (UTC)", "", "by", "reason"],
    notes.map(({ at, what, person, reason }) => [
      clock(at),
      escaped(what),
      escaped(person ?? ""),
      escaped(reason ?? ""),
    ]),
  )}`;
export const clock = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
export const figures = (values: Record<string, unknown>): string =>
  `<dl>${Object.entries(values)
    .map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(evidence(value))}</dd></div>`)
    .join("")}</dl>`;

/** One run: its stages as a picture, its verdict with every number it rests on, its stages as a table. */
export function runPage(run: RunReport): string {
  const { workflowId, status, verdict, partial, url, error } = run;
  const stages = liveStages(run);
  const rows = stages.map(({ name, status, seconds, attempt, summary, error, output }) => [
    escaped(name),
    `${dot({ name, status })} ${status}`,
    seconds > 0 ? seconds.toFixed(1) : "",
    attempt > 0 ? String(attempt) : "",
    escaped(error ?? summary ?? ""),
    digest(output?.sha256),
  ]);
  return page({
    title: workflowId,
    refresh: status === "running" ? 3 : undefined,
    body: [
      `<nav><a href="/">All runs</a>${url ? `<a href="${escaped(url)}">In the Temporal UI</a>` : ""}</nav>`,
      `<p>${badge(status)}${partial ? "&ensp;The day was not over when its events were read: this run is partial." : ""}</p>`,
      error ? `<p class="error">${escaped(error)}</p>` : "",
      `<div class="card">${dagPicture(DAGS[run.kind], stages)}</div>`,
      verdict ? `<h2>Verdict: ${verdict.action}, ${escaped(verdict.reason)}</h2>${figures(verdict.evidence)}` : "",
      `<h2>Stages</h2>${table(["stage", "state", "seconds", "attempt", "result", "output"], rows)}`,
    ].join("\n"),
  });
}

export const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const evidence = (value: unknown): string => String(typeof value === "number" ? Number(value.toFixed(4)) : value);
const badge = (status: RunReport["status"]): string =>
  `<span class="badge ${status}">${status.replace("_", " ")}</span>`;
const digest = (sha256: string | undefined): string =>
  sha256 ? `<code title="${sha256}">${sha256.slice(0, 12)}</code>` : "";

function dot({ name, status }: { name: string; status: StageState }): string {
  const { light, dark } = STATE_COLOURS[status];
  return `<i style="background:light-dark(${light},${dark})" title="${escaped(`${name}: ${status}`)}"></i>`;
}

export const table = (heads: readonly string[], rows: readonly string[][]): string =>
  `<div class="card"><table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr></thead><tbody>${rows
    .map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`)
    .join("\n")}</tbody></table></div>`;

/** `refresh` in seconds: the page is read anew without scripts. */
export const page = ({ title, refresh, body }: { title: string; refresh: number | undefined; body: string }): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} · HAQEI</title>${refresh === undefined ? "" : `<meta http-equiv="refresh" content="${refresh}">`}
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Cpath fill='%23a8442a' d='M3 4h18v3H3zM3 10.5h7.5v3H3zM13.5 10.5H21v3h-7.5zM3 17h18v3H3z'/%3E%3C/svg%3E">
<style>${STYLE}</style>
</head>
<body><main><h1>${escaped(title)}</h1>
${body}
</main></body></html>`;

const STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#f7f3ea, #161519); --ink: light-dark(#26221c, #ebe6db); --faint: light-dark(#6b6356, #a59e91);
  --card: light-dark(#fffdf8, #1f1e23); --rule: light-dark(#e2d9c8, #37343c); --seal: light-dark(#a8442a, #e58a6c);
}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.6 -apple-system, "Segoe UI", Roboto, "Noto Sans", Helvetica, Arial, sans-serif }
main { max-width: 86rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem }
h1 { margin: 0 0 .6rem; font-size: 1.7rem; font-weight: 600; letter-spacing: .01em }
h2 { margin: 2rem 0 .7rem; font-size: 1.05rem; font-weight: 600 }
a { color: var(--seal); text-underline-offset: .2em; text-decoration-thickness: 1px }
:focus-visible { outline: 2px solid var(--seal); outline-offset: 2px }
nav { display: flex; gap: 1.4rem }
p { margin: .7rem 0 1.3rem; color: var(--faint) }
.error { color: var(--seal) }
.card { overflow-x: auto; background: var(--card); border: 1px solid var(--rule); border-radius: 12px }
.card + .card { margin-top: 1rem }
.card > svg { display: block; width: 100%; min-width: 60rem; height: auto }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .55rem 1.1rem; vertical-align: top; border-top: 1px solid var(--rule) }
th { border: 0; font-size: .85rem; font-weight: 500; color: var(--faint) }
td { white-space: nowrap }
td:nth-child(5) { white-space: normal; min-width: 16rem }
code { font: .87em ui-monospace, "Cascadia Mono", Menlo, "Liberation Mono", monospace; color: var(--faint) }
i { display: inline-block; width: .8em; height: .8em; border-radius: 3px; border: 1px solid color-mix(in srgb, var(--ink) 30%, transparent) }
.dots { display: inline-flex; gap: 3px }
.badge { display: inline-block; padding: .05rem .7rem; border-radius: 1rem; font-size: .85rem; color: var(--ink); background: light-dark(${STATE_COLOURS.skipped.light}, ${STATE_COLOURS.skipped.dark}) }
.badge.completed { background: light-dark(${STATE_COLOURS.ran.light}, ${STATE_COLOURS.ran.dark}) }
.badge.running { background: light-dark(${STATE_COLOURS.running.light}, ${STATE_COLOURS.running.dark}) }
.badge.failed, .badge.timed_out { background: light-dark(${STATE_COLOURS.failed.light}, ${STATE_COLOURS.failed.dark}) }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2.2rem; margin: 0 }
dt { font-size: .85rem; color: var(--faint) } dd { margin: 0; font-variant-numeric: tabular-nums }
`;
