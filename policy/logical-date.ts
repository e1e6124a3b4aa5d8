const DAY = 86_400_000;

/** The calendar day in `timezone` at an instant (ms since 1970), as `YYYY-MM-DD`. */
export function logicalDateOf(instant: number, timezone: string): string {
  return new Intl.DateTimeFormat("en-CA", {
    timeZone: timezone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).format(instant);
}

/** The date `days` after `date` (before, where negative). */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** The day before this instant, in `timezone`: whose events a run scheduled then learns from, and the last of the week that a report tells. */
export const dateOfScheduledRun = (instant: number, timezone: string): string =>
  addDays(logicalDateOf(instant, timezone), -1);

/** Dates from `from` to `to`, both included; none where `to` lies before. */
export function datesBetween(from: string, to: string): string[] {
  const dates: string[] = [];
  for (let date = from; date <= to; date = addDays(date, 1)) dates.push(date);
  return dates;
}

/** The instant (ms since 1970) at which `date` begins in `timezone`. */
export function startOfDate(date: string, timezone: string): number {
  const midnightUtc = Date.parse(`${date}T00:00:00Z`);
  // No zone is further than a day from UTC: walk the offsets that occur there until the clock in the zone shows this midnight.
  let low = midnightUtc - DAY;
  let high = midnightUtc + DAY;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (logicalDateOf(middle, timezone) < date) low = middle + 1;
    else high = middle;
  }
  return low;
}
