import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReleaseConfig } from "#contracts/config.ts";
import { closedAt } from "./freeze-calendar.ts";

const calendar = (freeze: unknown) => ReleaseConfig.parse({ freeze }).freeze;
const tokyo = (text: string) => Date.parse(`${text}:00+09:00`);
const closed = (text: string, freeze: unknown) => closedAt(tokyo(text), calendar(freeze), "Asia/Tokyo");

describe("the freeze calendar", () => {
  it("is open where nothing is said", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), (at) => closedAt(at, calendar({}), "Asia/Tokyo") === undefined),
    );
  });

  it("closes days, both included, by the calendar of the time zone", () => {
    const holidays = { dates: [{ from: "2026-12-29", to: "2027-01-03", name: "New Year" }] };
    expect(closed("2026-12-28T23:59", holidays)).toBeUndefined();
    expect(closed("2026-12-29T00:00", holidays)).toBe("New Year, 2026-12-29 to 2027-01-03");
    expect(closed("2027-01-03T23:59", holidays)).toContain("New Year");
    expect(closed("2027-01-04T00:00", holidays)).toBeUndefined();
    // The same instant is still the day before in New York.
    expect(closedAt(tokyo("2026-12-29T00:00"), calendar(holidays), "America/New_York")).toBeUndefined();
  });

  it("closes weekdays and hours, over midnight too", () => {
    expect(closed("2026-11-28T12:00", { weekdays: ["sat", "sun"] })).toBe("closed on sat");
    expect(closed("2026-11-30T00:00", { weekdays: ["sat", "sun"] })).toBeUndefined();
    const night = { hours: [{ from: "22:00", to: "06:00" }] };
    expect(["21:59", "22:00", "00:00", "05:59", "06:00"].map((time) => closed(`2026-11-25T${time}`, night))).toEqual([
      undefined,
      "closed from 22:00 to 06:00",
      "closed from 22:00 to 06:00",
      "closed from 22:00 to 06:00",
      undefined,
    ]);
  });

  it("refuses a span that ends before it begins", () => {
    expect(() => calendar({ dates: [{ from: "2026-02-02", to: "2026-02-01" }] })).toThrow("a span");
  });
});
