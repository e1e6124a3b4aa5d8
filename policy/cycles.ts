import type { RunKind } from "#contracts/run.ts";
import { addDays } from "./logical-date.ts";

/** Kinds of run that a calendar starts; emergencies have none. */
export type CycleKind = Exclude<RunKind, "emergency">;

/** A day by its parts: of every month and year that are not named. Years are ranges, both ends included. */
export interface MonthEnd {
  /** From 1. */
  months: readonly number[];
  day: number;
  years?: readonly { start: number; end: number; step: number }[];
}

/** Years known to the calendar of Februaries: 2100 has no leap day, and whoever runs this then must say so here. */
const YEARS = { first: 2025, last: 2099 };

/** The last days of months as four calendars. The 29th of February is there in leap years alone; the 28th is the last in the other three of four. */
export const MONTH_ENDS: readonly MonthEnd[] = [
  { months: [1, 3, 5, 7, 8, 10, 12], day: 31 },
  { months: [4, 6, 9, 11], day: 30 },
  { months: [2], day: 29 },
  {
    months: [2],
    day: 28,
    years: [0, 1, 2].map((offset) => ({ start: YEARS.first + offset, end: YEARS.last, step: 4 })),
  },
];

const isMonthEnd = (day: string): boolean => addDays(day, 1).endsWith("-01");
const isSunday = (day: string): boolean => new Date(`${day}T00:00:00Z`).getUTCDay() === 0;

/**
 * Which run a logical date gets (specification 2.1). It begins on the next day: the last of a month is monthly, any other Sunday
 * weekly, the rest daily; one a day, the larger in place of the smaller.
 */
export function cycleOf(date: string): CycleKind {
  const begins = addDays(date, 1);
  return isMonthEnd(begins) ? "monthly" : isSunday(begins) ? "weekly" : "daily";
}
