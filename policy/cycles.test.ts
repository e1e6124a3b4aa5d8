import { describe, expect, test } from "vitest";
import { cycleOf, MONTH_ENDS } from "./cycles.ts";
import { addDays, datesBetween } from "./logical-date.ts";

/** Whether one of the calendars names this day. */
const named = (day: string): number => {
  const [year = 0, month = 0, date = 0] = day.split("-").map(Number);
  return MONTH_ENDS.filter(
    ({ months, day: last, years }) =>
      months.includes(month) &&
      last === date &&
      (years === undefined ||
        years.some(({ start, end, step }) => year >= start && year <= end && (year - start) % step === 0)),
  ).length;
};

describe("the calendars of month ends", () => {
  test("name every last day of a month from 2025 to 2099 once, and no other day", () => {
    const wrong = datesBetween("2025-01-01", "2099-12-31").filter(
      (day) => named(day) !== (addDays(day, 1).endsWith("-01") ? 1 : 0),
    );
    expect(wrong).toEqual([]);
  });
});

describe("the run of a date", () => {
  test.each([
    ["2026-11-27", "daily", "begins on a Saturday"],
    ["2026-11-28", "weekly", "begins on Sunday"],
    ["2026-11-29", "monthly", "begins on the last day of November"],
    ["2026-01-30", "monthly", "begins on the 31st, a Saturday"],
    ["2026-05-30", "monthly", "begins on a Sunday that ends its month: the month-end runs in place of both"],
    ["2028-02-27", "daily", "begins on the 28th of a leap year's February"],
    ["2028-02-28", "monthly", "begins on the 29th"],
    ["2027-02-27", "monthly", "begins on the 28th, the last"],
  ])("%s is %s, since it %s", (date, kind) => {
    expect(cycleOf(date)).toBe(kind);
  });
});
