import { type FreezeCalendar, WEEKDAYS } from "#contracts/config.ts";
import { logicalDateOf } from "./logical-date.ts";

/**
 * Why the share of a canary may not grow at an instant (ms since 1970), in words; undefined where it may. Days and hours are those of
 * `timezone`.
 */
export function closedAt(
  instant: number,
  { dates, weekdays, hours }: FreezeCalendar,
  timezone: string,
): string | undefined {
  const date = logicalDateOf(instant, timezone);
  const span = dates.find(({ from, to }) => from <= date && date <= to);
  if (span) return `${span.name || "a closed time"}, ${span.from} to ${span.to}`;
  const weekday = WEEKDAYS[new Date(`${date}T00:00:00Z`).getUTCDay()] as (typeof WEEKDAYS)[number];
  if (weekdays.includes(weekday)) return `closed on ${weekday}`;
  const time = clockTimeOf(instant, timezone);
  const closed = hours.find(({ from, to }) => (from < to ? from <= time && time < to : from <= time || time < to));
  return closed && `closed from ${closed.from} to ${closed.to}`;
}

/** Such as `02:05`. */
const clockTimeOf = (instant: number, timezone: string): string =>
  new Intl.DateTimeFormat("en-GB", { timeZone: timezone, hour: "2-digit", minute: "2-digit" }).format(instant);
