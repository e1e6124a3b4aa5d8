import { FAINT, PAPER, RULE, SEAL, SLATE } from "./report-colours.ts";
import { escaped } from "./run-pages.ts";
import type { Week } from "./weekly-report.ts";

const WIDTH = 960;
const LEFT = 210;
const RIGHT = 28;
const TOP = 40;
const ROW = 26;
const DAY = 86_400_000;

interface Lane {
  name: string;
  colour: string;
  /** Stretches of time, ms since 1970; a moment where both are the same. */
  spans: readonly { from: number; to: number; title: string }[];
}

/** What happened when: releases, alerts and incidents of a week, a line each, as SVG. */
export function weekPicture({ begin, end, releases, alerts = [], incidents }: Omit<Week, "accuracy">): string {
  const groups = [...Map.groupBy(alerts, ({ rule }) => rule)];
  const lanes: Lane[] = [
    {
      name: "releases",
      colour: SLATE,
      spans: releases.map(({ at, version, outcome }) => ({ from: at, to: at, title: `${outcome} ${version ?? ""}` })),
    },
    ...groups.map(([rule, episodes]) => ({
      name: rule,
      colour: episodes[0]?.group === "critical" ? SEAL : "#d39a6a",
      spans: episodes.map(({ firedAt, resolvedAt }) => ({ from: firedAt, to: resolvedAt ?? end, title: rule })),
    })),
    ...incidents.map(({ opened, closed, cause, level }) => ({
      name: `incident ${level}: ${cause}`,
      colour: SEAL,
      spans: [{ from: opened, to: closed?.at ?? end, title: cause }],
    })),
  ];
  const height = TOP + lanes.length * ROW + 12;
  const x = (at: number): number =>
    LEFT + ((Math.min(Math.max(at, begin), end) - begin) / (end - begin)) * (WIDTH - LEFT - RIGHT);
  const days = Array.from({ length: Math.round((end - begin) / DAY) }, (_, at) => begin + at * DAY);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="What happened when" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="${PAPER}"/>`,
    ...days.map((at) => {
      const label = new Date(at + DAY / 2).toISOString().slice(5, 10);
      return `<line x1="${x(at)}" y1="${TOP - 6}" x2="${x(at)}" y2="${height - 8}" stroke="${RULE}"/><text x="${x(at) + 6}" y="24" fill="${FAINT}">${label}</text>`;
    }),
    ...lanes.map(({ name, colour, spans }, lane) => {
      const y = TOP + lane * ROW + ROW / 2;
      const bars = spans.map(
        ({ from, to, title }) =>
          `<rect x="${x(from) - 3}" y="${y - 6}" width="${Math.max(6, x(to) - x(from) + 3)}" height="12" rx="4" fill="${colour}"><title>${escaped(title)}</title></rect>`,
      );
      return `<text x="${LEFT - 14}" y="${y + 4}" text-anchor="end" fill="${FAINT}">${escaped(name.slice(0, 32))}</text>${bars.join("")}`;
    }),
    "</svg>",
  ].join("\n");
}
