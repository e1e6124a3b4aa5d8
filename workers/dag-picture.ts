import type { StageState } from "#contracts/run.ts";
import { type Dag, downstreamOf, type Stage, sourceOf, upstreamOf } from "#workflows/dag.ts";

interface StageFigure {
  name: string;
  status: StageState;
  seconds: number;
  summary?: string | undefined;
}

/** A stage's colour by its state, on light and on dark paper. */
export const STATE_COLOURS: Record<StageState, { light: string; dark: string }> = {
  waiting: { light: "#efebe1", dark: "#2b292f" },
  running: { light: "#ffdf9e", dark: "#6d5415" },
  ran: { light: "#c4e5c8", dark: "#24492d" },
  cached: { light: "#c9dff2", dark: "#1f4260" },
  skipped: { light: "#dedcd8", dark: "#3b3940" },
  failed: { light: "#f5beb5", dark: "#74302a" },
};

const BOX = { width: 190, height: 66 };
const GAP = { x: 30, y: 22 };
const MARGIN = 14;

const DARK = [
  "text{fill:#ebe6db}",
  ".faint{fill:#b9b2a5}",
  "path{stroke:#8d877b}",
  "#tip path{fill:#8d877b}",
  ...Object.entries(STATE_COLOURS).map(([state, { dark }]) => `.${state}{fill:${dark};stroke:#77726a}`),
].join("");

/** Characters that XML does not allow at all, not even escaped. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;
const escaped = (text: string): string =>
  text
    .replace(FORBIDDEN, "\ufffd")
    .replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);
const short = (text: string): string => {
  const characters = [...text];
  return characters.length > 30 ? `${characters.slice(0, 29).join("")}…` : text;
};

/**
 * A declaration as an SVG: stages in columns by their distance from the start, an arrow from each stage to those that build on it,
 * coloured by state. `figures` may be empty: then it is the plan.
 */
export function dagPicture(dag: Dag, figures: readonly StageFigure[] = []): string {
  const depth = new Map<string, number>();
  for (const stage of dag.stages)
    depth.set(stage.name, 1 + Math.max(-1, ...upstreamOf(stage).map((name) => depth.get(name) ?? 0)));
  const columns = Map.groupBy(dag.stages, ({ name }) => depth.get(name) ?? 0);
  const rows = Math.max(...[...columns.values()].map(({ length }) => length));
  const place = new Map<string, { x: number; y: number }>();
  for (const [column, stages] of columns) {
    stages.forEach(({ name }, row) => {
      place.set(name, {
        x: MARGIN + column * (BOX.width + GAP.x),
        y: MARGIN + (row + (rows - stages.length) / 2) * (BOX.height + GAP.y),
      });
    });
  }
  const width = 2 * MARGIN + columns.size * (BOX.width + GAP.x) - GAP.x;
  const height = 2 * MARGIN + rows * (BOX.height + GAP.y) - GAP.y;
  const at = (name: string) => place.get(name) as { x: number; y: number };

  const arrows = dag.stages.flatMap((stage) =>
    directUpstreamOf(dag, stage).map((from) => {
      const [x1, y1, x2, y2] = [
        at(from).x + BOX.width,
        at(from).y + BOX.height / 2,
        at(stage.name).x - 2,
        at(stage.name).y + BOX.height / 2,
      ];
      const bend = (x2 - x1) / 2;
      return `<path d="M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}" fill="none" stroke="#8d877b" stroke-width="1.5" marker-end="url(#tip)"/>`;
    }),
  );
  const boxes = dag.stages.map((stage) => {
    const figure = figures.find(({ name }) => name === stage.name);
    const status = figure?.status ?? "waiting";
    const { x, y } = at(stage.name);
    const sources = Object.values(stage.inputs).flatMap((input) => sourceOf(input) ?? []);
    const state = figure
      ? `${figure.status}${figure.seconds > 0 ? `, ${figure.seconds.toFixed(1)} s` : ""}`
      : `${stage.queue} → ${stage.produces}`;
    const third = figure?.summary ?? (sources.length > 0 ? `with ${sources.join(", ")}` : "");
    return [
      `<g><title>${escaped(`${stage.name}: ${figure?.summary ?? state}`)}</title>`,
      `<rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="10" class="${status}" fill="${STATE_COLOURS[status].light}" stroke="#a39c8d"/>`,
      `<text x="${x + 12}" y="${y + 21}" font-weight="600">${escaped(stage.name)}</text>`,
      `<text x="${x + 12}" y="${y + 38}">${escaped(state)}</text>`,
      `<text x="${x + 12}" y="${y + 55}" class="faint" fill="#5a5548" font-size="11">${escaped(short(third))}</text></g>`,
    ].join("");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="-apple-system, Segoe UI, Roboto, Noto Sans, Helvetica, Arial, sans-serif" font-size="12.5" fill="#2b2820">`,
    `<style>@media (prefers-color-scheme:dark){${DARK}}</style>`,
    '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="6" refY="3" orient="auto"><path d="M0 0L6 3L0 6Z" stroke="none" fill="#8d877b"/></marker></defs>',
    ...arrows,
    ...boxes,
    "</svg>",
  ].join("\n");
}

/** A stage's inputs without those that another of them already builds on: their arrows would only cross the boxes between. */
function directUpstreamOf(dag: Dag, stage: Stage): string[] {
  const upstream = [...new Set(upstreamOf(stage))];
  return upstream.filter((from) => !upstream.some((via) => via !== from && downstreamOf(dag, from).includes(via)));
}
