import { describe, expect, it } from "vitest";
import type { Incident } from "#contracts/incident.ts";
import { incidentPage, incidentsPage } from "./incident-pages.ts";

const at = Date.parse("2026-11-03T02:00:00Z");
const open: Incident = {
  id: "error_rate-1",
  level: 3,
  cause: "error_rate",
  opened: at,
  timeline: [
    { at, what: "Measured: 0.2." },
    { at: at + 60_000, what: "acknowledged", person: `<mika>`, reason: `"look"` },
  ],
};
const closed: Incident = {
  ...open,
  acknowledged: { at: at + 60_000, person: "mika", reason: "looking" },
  escalated: 1,
  closed: { at: at + 600_000, proof: { at: at + 600_000, metric: "error_rate", value: 0.0123, n: 800 } },
};

describe("the report of an incident", () => {
  it("says when it was answered and over, and by which measurement", () => {
    const html = incidentPage(closed);
    for (const text of [
      "1.0 minutes",
      "10.0 minutes",
      "error_rate 0.0123, n 800",
      "1 times",
      "OPERATIONS.md#error_rate",
    ])
      expect(html).toContain(text);
    expect(html).not.toContain("refresh");
  });

  it("of one that goes on is read anew, and takes nobody's words for markup", () => {
    const html = incidentPage(open);
    for (const text of ["nobody has answered", "it goes on", "&#60;mika&#62;", 'http-equiv="refresh"'])
      expect(html).toContain(text);
    expect(html).not.toContain("<mika>");
  });
});

it("lists what was ever opened, and leads to each report", () => {
  expect(incidentsPage([closed])).toMatch(/href="\/incidents\/error_rate-1".*by what is measured/s);
  expect(incidentsPage([])).toContain("No incident was ever opened");
});
