import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LogicalDate } from "#contracts/run.ts";
import { addDays, dateOfScheduledRun, datesBetween, logicalDateOf, startOfDate } from "./logical-date.ts";

const TOKYO = "Asia/Tokyo";
const NEW_YORK = "America/New_York";
const HOUR = 3_600_000;

describe("in Tokyo", () => {
  test("a day begins at 15:00 UTC of the day before", () => {
    expect(logicalDateOf(Date.parse("2026-07-31T14:59:59.999Z"), TOKYO)).toBe("2026-07-31");
    expect(logicalDateOf(Date.parse("2026-07-31T15:00:00.000Z"), TOKYO)).toBe("2026-08-01");
    expect(startOfDate("2026-08-01", TOKYO)).toBe(Date.parse("2026-07-31T15:00:00.000Z"));
  });
  test("the run of 02:00 learns from the day before, at whichever minute it starts", () => {
    expect(dateOfScheduledRun(Date.parse("2026-08-01T02:00:00+09:00"), TOKYO)).toBe("2026-07-31");
    expect(dateOfScheduledRun(Date.parse("2026-08-01T23:59:59+09:00"), TOKYO)).toBe("2026-07-31");
    expect(dateOfScheduledRun(Date.parse("2026-01-01T02:00:00+09:00"), TOKYO)).toBe("2025-12-31");
  });
});

describe("where clocks are changed", () => {
  const hours = (date: string) => (startOfDate(addDays(date, 1), NEW_YORK) - startOfDate(date, NEW_YORK)) / HOUR;
  test("the day of the change has 23 or 25 hours", () => {
    expect(hours("2026-03-07")).toBe(24);
    expect(hours("2026-03-08")).toBe(23);
    expect(hours("2026-11-01")).toBe(25);
  });
  test("both hours that are called 01:30 belong to it", () => {
    expect(logicalDateOf(Date.parse("2026-11-01T05:30:00Z"), NEW_YORK)).toBe("2026-11-01");
    expect(logicalDateOf(Date.parse("2026-11-01T06:30:00Z"), NEW_YORK)).toBe("2026-11-01");
  });
  test("a day whose midnight is left out begins at one o'clock", () => {
    expect(startOfDate("2018-11-04", "America/Sao_Paulo")).toBe(Date.parse("2018-11-04T01:00:00-02:00"));
  });
});

describe("the calendar", () => {
  test("knows leap days", () => {
    expect(addDays("2024-02-28", 1)).toBe("2024-02-29");
    expect(addDays("2023-02-28", 1)).toBe("2023-03-01");
    expect(addDays("2024-03-01", -1)).toBe("2024-02-29");
    expect(addDays("2100-02-28", 1)).toBe("2100-03-01");
    expect(startOfDate("2024-03-01", TOKYO) - startOfDate("2024-02-29", TOKYO)).toBe(24 * HOUR);
  });
  test("lists dates with both ends, none backwards", () => {
    expect(datesBetween("2024-02-28", "2024-03-01")).toEqual(["2024-02-28", "2024-02-29", "2024-03-01"]);
    expect(datesBetween("2024-02-28", "2024-02-28")).toEqual(["2024-02-28"]);
    expect(datesBetween("2024-02-28", "2024-02-27")).toEqual([]);
  });
});

describe("properties", () => {
  const instants = fc.integer({ min: Date.parse("2000-01-01T00:00:00Z"), max: Date.parse("2100-01-01T00:00:00Z") });
  const zones = fc.constantFrom(
    TOKYO,
    NEW_YORK,
    "Europe/London",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "UTC",
  );
  test("every instant lies in the day that begins at startOfDate and ends where the next begins", () => {
    fc.assert(
      fc.property(instants, zones, (instant, zone) => {
        const date = logicalDateOf(instant, zone);
        const start = startOfDate(date, zone);
        expect(LogicalDate.safeParse(date).success).toBe(true);
        expect(logicalDateOf(start, zone)).toBe(date);
        expect(logicalDateOf(start - 1, zone)).toBe(addDays(date, -1));
        expect(start).toBeLessThanOrEqual(instant);
        expect(startOfDate(addDays(date, 1), zone)).toBeGreaterThan(instant);
      }),
    );
  });
  test("days added and taken away cancel out", () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: -4000, max: 4000 }), (instant, days) => {
        const date = logicalDateOf(instant, "UTC");
        expect(addDays(addDays(date, days), -days)).toBe(date);
      }),
    );
  });
});
