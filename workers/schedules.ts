import { type Client, ScheduleNotFoundError, type ScheduleOptions, ScheduleOverlapPolicy } from "@temporalio/client";
import type { Config } from "#contracts/config.ts";
import type { Endpoints } from "#local/home.ts";
import type { launch } from "#workflows/launch.ts";
import { connectClient } from "./client.ts";

export const DAILY = "daily";

type Declared = ScheduleOptions & { scheduleId: string };

/** The schedule of the daily batch: at the start of its window, for the day before (specification 2.1). */
export function dailySchedule({ timezone, daily, seed }: Config): Declared {
  const [hour = 2, minute = 0] = daily.window.start.split(":").map(Number);
  return {
    scheduleId: DAILY,
    spec: { timezone, calendars: [{ hour, minute, comment: "every day at the start of the window" }] },
    policies: {
      // The launcher only starts a run and ends: two of them can do no harm, and none may be lost.
      overlap: ScheduleOverlapPolicy.ALLOW_ALL,
      // After an outage the missed days are caught up; older ones are a person's decision (haqei backfill).
      catchupWindow: "3d",
      pauseOnFailure: false,
    },
    action: {
      type: "startWorkflow",
      workflowType: "launch" satisfies (typeof launch)["name"],
      workflowId: DAILY,
      taskQueue: "pipeline",
      args: [{ kind: "daily", timezone, seed }],
    },
  };
}

/** Makes the schedule where it is missing, and brings it to its declaration where it is not; a paused one stays paused. */
export async function applySchedule(client: Client, declared: Declared): Promise<"created" | "updated"> {
  const handle = client.schedule.getHandle(declared.scheduleId);
  try {
    await handle.describe();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    await client.schedule.create(declared);
    return "created";
  }
  const { spec, action, policies } = declared;
  await handle.update((previous) => ({
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
    await applySchedule(client, dailySchedule(config));
  } finally {
    await client.connection.close();
  }
}

export interface ScheduleState {
  name: string;
  timezone: string;
  /** When it acts next, ISO 8601. */
  next: string[];
  paused: boolean;
}

/** The declared schedules as the server has them; one that was never applied is left out. */
export async function listSchedules(client: Client): Promise<ScheduleState[]> {
  try {
    const { scheduleId, spec, info, state } = await client.schedule.getHandle(DAILY).describe();
    return [
      {
        name: scheduleId,
        timezone: spec.timezone ?? "UTC",
        next: info.nextActionTimes.slice(0, 3).map((time) => time.toISOString()),
        paused: state.paused,
      },
    ];
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return [];
    throw error;
  }
}
