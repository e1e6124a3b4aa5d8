import {
  type Client,
  MONTHS,
  type Month,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from "@temporalio/client";
import type { Config } from "#contracts/config.ts";
import { NotFoundError } from "#contracts/errors.ts";
import type { Endpoints } from "#local/home.ts";
import { type CycleKind, MONTH_ENDS } from "#policy/cycles.ts";
import { hoursOf } from "#policy/duration.ts";
import { DAGS, queueOf } from "#workflows/kinds.ts";
import type { Launch, launch } from "#workflows/launch.ts";
import type { retention } from "#workflows/retention.ts";
import type { watch } from "#workflows/watch.ts";
import type { weeklyReport } from "#workflows/weekly-report.ts";
import { connectClient } from "./client.ts";
import { driftOf } from "./schedule-drift.ts";

export type Declared = ScheduleOptions & { scheduleId: string };
type Calendar = NonNullable<ScheduleOptions["spec"]["calendars"]>[number];

/** Hour and minute of `HH:MM`. */
function clock(time: string): { hour: number; minute: number } {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  return { hour, minute };
}

/** The last day of each month at that time of day. */
const monthEnds = (at: { hour: number; minute: number }): Calendar[] =>
  MONTH_ENDS.map(({ months, day, years }) => ({
    ...at,
    dayOfMonth: day,
    month: months.map((month) => MONTHS[month - 1] as Month),
    ...(years ? { year: years.map((range) => ({ ...range })) } : {}),
    comment: `the last day of months that have ${day}`,
  }));

/** Days that a missed run of a kind is caught up: as long as it is still better than to wait for the next. Older ones are a person's decision (haqei backfill). */
const CATCH_UP: Record<CycleKind, string> = { daily: "3d", weekly: "6d", monthly: "14d" };

/** The schedule of a kind of run: a launcher at the start of the batch window, for the day before (specification 2.1). */
function cycle({ timezone, daily, seed }: Config, kind: CycleKind): Declared {
  const at = clock(daily.window.start);
  const sundays: Calendar = { ...at, dayOfWeek: "SUNDAY", comment: "Sundays" };
  const spec: Record<CycleKind, Pick<ScheduleOptions["spec"], "calendars" | "skip">> = {
    daily: {
      calendars: [{ ...at, comment: "every day at the start of the window" }],
      // The larger run of that day stands in for it.
      skip: [sundays, ...monthEnds(at)],
    },
    weekly: { calendars: [sundays], skip: monthEnds(at) },
    monthly: { calendars: monthEnds(at) },
  };
  return {
    scheduleId: kind,
    // One run a night on servers of one's own: nothing to spread, and the time stays what people expect.
    spec: { timezone, jitter: 0, ...spec[kind] },
    policies: {
      // The launcher only starts a run and ends: two of them can do no harm, and none may be lost.
      overlap: ScheduleOverlapPolicy.ALLOW_ALL,
      catchupWindow: CATCH_UP[kind],
      // A launcher that fails says nothing about the next day.
      pauseOnFailure: false,
    },
    action: {
      type: "startWorkflow",
      workflowType: "launch" satisfies (typeof launch)["name"],
      workflowId: kind,
      taskQueue: queueOf(kind),
      args: [{ kind, timezone, seed } satisfies Launch],
      staticSummary: `starts ${DAGS[kind].name} for the day before`,
    },
  };
}

/** What is not kept goes every morning, once the batch window is over (5.1). */
const retentionSchedule = ({ timezone, retention: { at } }: Config): Declared => ({
  scheduleId: "retention",
  spec: { timezone, jitter: "5m", calendars: [{ ...clock(at), comment: "after the batch window" }] },
  policies: {
    // Two at once would remove the same; the next day's takes what was left.
    overlap: ScheduleOverlapPolicy.SKIP,
    catchupWindow: "1h",
    // What goes wrong while removing wants a person before it is tried again.
    pauseOnFailure: true,
  },
  action: {
    type: "startWorkflow",
    workflowType: "retention" satisfies (typeof retention)["name"],
    workflowId: "retention",
    taskQueue: "pipeline",
    args: [{}],
    staticSummary: "takes away what is kept no longer",
  },
});

/** A look at all that is measured, every few minutes of the hour (4.2). */
const watchSchedule = ({ timezone, watch: { every } }: Config): Declared => ({
  scheduleId: "watch",
  spec: {
    timezone,
    jitter: 0,
    calendars: [
      {
        hour: "*",
        minute: { start: 0, end: 59, step: Math.max(1, Math.round(60 * hoursOf(every))) },
        comment: "every few minutes",
      },
    ],
  },
  policies: {
    // A look that still goes on, as a closer watch does, stands in for the next.
    overlap: ScheduleOverlapPolicy.SKIP,
    // What was not seen in its time is seen by the next look, which says that there was a gap.
    catchupWindow: "1m",
    pauseOnFailure: false,
  },
  action: {
    type: "startWorkflow",
    workflowType: "watch" satisfies (typeof watch)["name"],
    workflowId: "watch",
    taskQueue: "pipeline",
    args: [],
    staticSummary: "looks at everything that is measured",
  },
  // It acts by itself, rolling back and switching to simple mode: a person resumes it, once there is somebody to be told.
  state: { paused: true, note: "resume with haqei schedules resume watch, once notify.channels names who is told" },
});

/** The week's report, on Monday mornings: the week ended yesterday. */
const reportSchedule = ({ timezone, notify: { reportAt } }: Config): Declared => ({
  scheduleId: "report",
  spec: { timezone, jitter: 0, calendars: [{ ...clock(reportAt), dayOfWeek: "MONDAY", comment: "Mondays" }] },
  policies: {
    overlap: ScheduleOverlapPolicy.SKIP,
    // A report a few days late is still read; the week is the scheduled time's.
    catchupWindow: "3d",
    pauseOnFailure: false,
  },
  action: {
    type: "startWorkflow",
    workflowType: "weeklyReport" satisfies (typeof weeklyReport)["name"],
    workflowId: "report",
    taskQueue: "pipeline",
    args: [{}],
    staticSummary: "writes the week's report and sends it",
  },
});

/** Every schedule of a home, as its config says. */
export const declaredSchedules = (config: Config): Declared[] => [
  cycle(config, "daily"),
  cycle(config, "weekly"),
  cycle(config, "monthly"),
  retentionSchedule(config),
  watchSchedule(config),
  reportSchedule(config),
];

async function describe(client: Client, name: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(name).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** Makes a schedule where it is missing, and brings it to its declaration where it has drifted; a paused one stays paused. */
export async function applySchedule(client: Client, declared: Declared): Promise<"created" | "updated" | "unchanged"> {
  const standing = await describe(client, declared.scheduleId);
  if (standing === undefined) {
    await client.schedule.create(declared);
    return "created";
  }
  if (driftOf(declared, standing).length === 0) return "unchanged";
  const { spec, action, policies } = declared;
  await client.schedule.getHandle(declared.scheduleId).update((previous) => ({
    ...previous,
    spec,
    action: action as typeof previous.action,
    policies: { ...previous.policies, ...policies },
  }));
  return "updated";
}

/** Brings the home's server to the declared schedules. */
export async function applySchedules(endpoints: Endpoints, config: Config): Promise<void> {
  const client = await connectClient(endpoints);
  try {
    for (const declared of declaredSchedules(config)) await applySchedule(client, declared);
  } finally {
    await client.connection.close();
  }
}

export interface ScheduleState {
  name: string;
  /** In words. */
  spec: string;
  timezone: string;
  /** When it acts next, ISO 8601. */
  next: string[];
  paused: boolean;
  /** Where the server's differs from the declaration; `missing` where it has none. */
  drift: string[];
}

const inWords = ({ spec }: Declared): string =>
  [
    (spec.calendars ?? []).map(({ comment }) => comment).join("; "),
    ...(spec.skip ? [`not on ${spec.skip.map(({ comment }) => comment).join(", ")}`] : []),
  ].join("; ");

/** The declared schedules as the server has them. */
export async function listSchedules(client: Client, config: Config): Promise<ScheduleState[]> {
  const states: ScheduleState[] = [];
  for (const declared of declaredSchedules(config)) {
    const standing = await describe(client, declared.scheduleId);
    states.push({
      name: declared.scheduleId,
      spec: inWords(declared),
      timezone: standing?.spec.timezone ?? config.timezone,
      next: standing?.info.nextActionTimes.slice(0, 3).map((time) => time.toISOString()) ?? [],
      paused: standing?.state.paused ?? false,
      drift: standing ? driftOf(declared, standing) : ["missing"],
    });
  }
  return states;
}

/**
 * Pauses or resumes one schedule, or all that there are.
 * @throws NotFoundError where the server has none by that name
 */
export async function setPaused(
  client: Client,
  config: Config,
  name: string | undefined,
  { paused, note }: { paused: boolean; note: string },
): Promise<void> {
  const names = declaredSchedules(config).map(({ scheduleId }) => scheduleId);
  for (const one of name === undefined ? names : [name]) {
    const handle = client.schedule.getHandle(one);
    try {
      await (paused ? handle.pause(note) : handle.unpause(note));
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      if (name !== undefined)
        throw new NotFoundError(
          `there is no schedule ${name}`,
          `Schedules are ${names.join(", ")}; \`haqei schedules apply\` makes them.`,
        );
    }
  }
}
