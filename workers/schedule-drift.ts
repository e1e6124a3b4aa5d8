import type { ScheduleDescription, ScheduleOptions } from "@temporalio/client";
import { decodeScheduleSpec, encodeScheduleSpec } from "@temporalio/client/lib/schedule-helpers.js";
import { msToNumber } from "@temporalio/common/lib/time.js";
import { canonicalJson } from "#contracts/canonical-json.ts";

/** What two schedules are compared by, in words that a person knows from the declaration. */
interface Comparable {
  [part: string]: unknown;
}

function ofDeclaration({ spec, action, policies }: ScheduleOptions): Comparable {
  const { calendars, skip, timezone, jitter } = decodeScheduleSpec(encodeScheduleSpec(spec));
  return {
    calendars,
    skip,
    timezone,
    jitter,
    overlap: policies?.overlap,
    catchupWindow: policies?.catchupWindow === undefined ? undefined : msToNumber(policies.catchupWindow),
    pauseOnFailure: policies?.pauseOnFailure,
    workflowType: action.workflowType,
    workflowId: action.workflowId,
    taskQueue: action.taskQueue,
    args: action.args,
  };
}

function ofServer({ spec, action, policies }: ScheduleDescription): Comparable {
  const { calendars, skip, timezone, jitter } = spec;
  const { workflowType, workflowId, taskQueue, args } = action;
  return { calendars, skip, timezone, jitter, ...policies, workflowType, workflowId, taskQueue, args };
}

/** Calendars are too long for a line; all else says what it is and what it should be. */
const LONG = new Set(["calendars", "skip"]);

/** Where the server's schedule differs from its declaration, a line each; none where it does not. */
export function driftOf(declared: ScheduleOptions, standing: ScheduleDescription): string[] {
  const server = ofServer(standing);
  return Object.entries(ofDeclaration(declared)).flatMap(([part, wanted]) => {
    const found = server[part];
    if (canonicalJson(found ?? null) === canonicalJson(wanted ?? null)) return [];
    return [LONG.has(part) ? `${part} differ` : `${part} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`];
  });
}
