import { expect, it } from "vitest";
import { Config } from "#contracts/config.ts";
import { trackDay } from "#policy/accuracy/tracker.ts";
import { addDays } from "#policy/logical-date.ts";
import { reportPage, reportText } from "./report-page.ts";
import { type Week, weeklyReport } from "./weekly-report.ts";

const { accuracy } = Config.parse({});
/** Twenty-eight days, of which the fifth is one on which nobody judged. */
const days = Array.from({ length: 28 }, (_, at) => {
  const value = 0.52 + at * 0.006;
  const estimate = at === 4 ? null : { value, lo: value - 0.05, hi: value + 0.05, n: 200 };
  return trackDay(addDays("2026-11-01", at), { realTime: estimate, abTest: null, feedback: estimate }, at, accuracy);
});
const WEEK: Week = {
  from: "2026-11-22",
  to: "2026-11-28",
  accuracy: {
    days,
    start: "2026-11-01",
    judged: 4000,
    milestones: [{ name: "week1", due: 7, target: 0.6, lower: 0.61, reached: true }],
  },
  target: accuracy.target,
  runs: undefined,
  releases: [
    { at: Date.parse("2026-11-23T00:00:00Z"), sha256: "a".repeat(64), outcome: "rolled-back", reason: "a | <b>" },
  ],
  experiments: [],
  alerts: undefined,
  incidents: [],
  begin: Date.parse("2026-11-21T15:00:00Z"),
  end: Date.parse("2026-11-28T15:00:00Z"),
  coverage: undefined,
  cost: undefined,
};

it("tells the week by the last day that was judged, and what was not measured", () => {
  const text = reportText(weeklyReport(WEEK));
  expect(text).toContain("# Week of 2026-11-22 to 2026-11-28");
  expect(text).toContain("On 2026-11-28 68.2% of answers");
  expect(text).toContain("where the milestones ask for 69.6%");
  expect(text).toContain("0 released, 1 rolled back.");
  expect(text).toContain("a \\| <b>");
  for (const said of [
    "Temporal did not answer",
    "None was opened",
    "traffic is not measured",
    "coverage is not measured",
  ])
    expect(text).toContain(said);
});

it("draws every day that was judged, and lets no text of others into the page", () => {
  const html = reportPage(weeklyReport(WEEK));
  expect(html).toContain("<svg");
  expect(html).not.toContain("<b>");
  expect(html).toContain("a | &#60;b&#62;");
  expect(html).not.toContain("<script");
});
