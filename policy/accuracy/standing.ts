import type { AccuracyDay, AccuracyStatus } from "#contracts/accuracy.ts";

/** Where the tracker stands: as the last day on which enough was judged; unknown where there is none. @param days oldest first */
export function standingOfDays(days: readonly AccuracyDay[]): { status: AccuracyStatus; actions: string[] } {
  const last = days.findLast(({ weighted }) => weighted !== null) ?? days.at(-1);
  return { status: last?.status ?? "UNKNOWN", actions: last?.actions ?? [] };
}
