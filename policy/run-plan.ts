import type { Config } from "#contracts/config.ts";
import type { RunKind } from "#contracts/run.ts";
import { windowMinutes } from "./window.ts";

export interface RunPlan {
  /** Planned minutes by stage. */
  minutes: Readonly<Record<string, number>>;
  /** What a run may take in all. */
  windowMinutes: number;
  /** Days whose events it learns from. */
  windowDays: number;
}

/** What a kind of run is given of time and data. */
export function planOf(config: Config, kind: RunKind): RunPlan {
  const { daily, weekly, monthly, emergency, preprocess } = config;
  const own: Partial<Record<string, number>> = kind === "daily" ? {} : config[kind].stages;
  const minutes = Object.fromEntries(
    Object.entries<number | undefined>({ ...daily.stages, ...own }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  const longer = Object.values(minutes).reduce((sum, value) => sum + value, 0);
  const window = windowMinutes(daily.window);
  switch (kind) {
    case "daily":
      return { minutes, windowMinutes: window, windowDays: preprocess.windowDays };
    case "emergency":
      return { minutes, windowMinutes: emergency.minutes, windowDays: preprocess.windowDays };
    case "weekly":
    case "monthly":
      // The batch window is the daily's: a larger run takes its planned stages.
      return {
        minutes,
        windowMinutes: Math.max(window, longer),
        windowDays: kind === "weekly" ? weekly.windowDays : monthly.windowDays,
      };
  }
}
