import type { IncidentsConfig } from "#contracts/config.ts";
import type { IncidentLevel } from "#contracts/incident.ts";
import { hoursOf } from "./duration.ts";
import { addDays, logicalDateOf, startOfDate } from "./logical-date.ts";

/**
 * Which alerts are incidents, and of which level (specification 8.1): 3 where users get no or wrong answers, 2 for fallbacks, caches and
 * whatever needs somebody within hours, 1 for what is only worth a look. A drop of accuracy is next-day there and a rollback elsewhere: the
 * strictest that has evidence counts, so it is of level 3 where more than 5 points are shown, else of level 1. Alerts that are not here only tell.
 */
const LEVELS: Readonly<Record<string, IncidentLevel>> = {
  edge_unreachable: 3,
  version_consistency: 3,
  error_rate: 3,
  cpu_time_p99: 3,
  accuracy: 3,
  accuracy_below_blessed: 3,
  error_budget_burn_1h: 3,
  error_budget_burn_6h: 2,
  operations_p99: 2,
  prediction_error_rate: 2,
  fallback_rate: 2,
  cache_hit_rate: 2,
  metric_missing: 2,
  memory_usage: 1,
  accuracy_drop: 1,
  response_slower: 1,
};

export const incidentLevelOf = (rule: string): IncidentLevel | undefined => LEVELS[rule];

const HOUR = 3_600_000;
const isWeekend = (date: string): boolean => [0, 6].includes(new Date(`${date}T00:00:00Z`).getUTCDay());

/** By when somebody must have answered (ms since 1970): the end of the next business day, or some hours, by level. */
export function responseDue(
  level: IncidentLevel,
  from: number,
  { response }: IncidentsConfig,
  timezone: string,
): number {
  if (level !== 1) return from + hoursOf(response[level]) * HOUR;
  let day = addDays(logicalDateOf(from, timezone), 1);
  while (isWeekend(day)) day = addDays(day, 1);
  return startOfDate(addDays(day, 1), timezone);
}
