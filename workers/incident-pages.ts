import type { Incident } from "#contracts/incident.ts";
import { clock, escaped, figures, happened, page, table } from "./run-pages.ts";

const HEADS = ["incident", "level", "cause", "opened (UTC)", "answered", "over"];

/** All incidents, newest first. */
export const incidentsPage = (incidents: readonly Incident[]): string =>
  page({
    title: "Incidents",
    refresh: 30,
    body: [
      `<nav><a href="/">All runs</a></nav>`,
      incidents.length > 0
        ? table(
            HEADS,
            incidents.map((one) => [
              `<a href="/incidents/${encodeURIComponent(one.id)}">${escaped(one.id)}</a>`,
              String(one.level),
              escaped(one.cause),
              clock(one.opened),
              answered(one),
              over(one),
            ]),
          )
        : "<p>No incident was ever opened here.</p>",
    ].join("\n"),
  });

/** The report of one incident: how it was found, what was done by whom, and by which measurement it is over. */
export function incidentPage(incident: Incident): string {
  const { id, level, cause, opened, acknowledged, closed, escalated, timeline } = incident;
  const minutes = (from: number, to: number): string => `${((to - from) / 60_000).toFixed(1)} minutes`;
  return page({
    title: id,
    refresh: closed ? undefined : 10,
    body: [
      `<nav><a href="/incidents">All incidents</a></nav>`,
      figures({
        level,
        cause,
        "opened (UTC)": clock(opened),
        "answered after": acknowledged ? minutes(opened, acknowledged.at) : "nobody has answered",
        ...(escalated ? { "called again": `${escalated} times` } : {}),
        "over after": closed ? minutes(opened, closed.at) : "it goes on",
        ...(closed?.proof
          ? { "proof of recovery": `${closed.proof.metric} ${closed.proof.value.toPrecision(3)}, n ${closed.proof.n}` }
          : {}),
        "what to do": `OPERATIONS.md#${cause}`,
      }),
      happened(timeline),
    ].join("\n"),
  });
}

const answered = ({ acknowledged }: Incident): string =>
  acknowledged ? `${clock(acknowledged.at)}, ${escaped(acknowledged.person)}` : "";

const over = ({ closed }: Incident): string =>
  closed ? `${clock(closed.at)}, ${closed.proof ? "by what is measured" : `by ${escaped(closed.person ?? "")}`}` : "";
