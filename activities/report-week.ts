import type { CallingSettings } from "#contracts/watch.ts";
import { dateOfScheduledRun } from "#policy/logical-date.ts";
import { reportMessage, type WeekInShort } from "#policy/weekly-message.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";
import { beating } from "./heartbeat.ts";
import { callingSettings } from "./keep-watch.ts";

export interface ReportNeeds extends Pick<Dependencies, "config" | "now"> {
  /** Writes the report of the seven days up to this logical date into the artefact store. */
  weekly: (to: string, now: number) => Promise<WeekInShort>;
}

export interface ReportCall {
  /** Last day of the week; the day before `at`, where not said. */
  to?: string;
  /** When it was to be written, ms since 1970. */
  at: number;
}

export interface ReportedWeek {
  message: ReturnType<typeof reportMessage>;
  retry: CallingSettings["retry"];
}

/** Writes the week's report, and says what is to be sent to whom. Done twice, it is one message. */
export const reportWeek =
  ({ config, now, weekly }: ReportNeeds) =>
  ({ to, at }: ReportCall): Promise<ReportedWeek> =>
    beating(() =>
      named(async () => {
        const { routes, retry, timezone } = callingSettings(config);
        const week = await weekly(to ?? dateOfScheduledRun(at, timezone), now());
        return { message: reportMessage(week, at, routes), retry };
      }),
    );
