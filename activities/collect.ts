import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { Erasure } from "#contracts/http.ts";
import { LogicalDate } from "#contracts/run.ts";
import type { EventWindow } from "#contracts/window.ts";
import { erasedBy } from "#policy/erasures.ts";
import { addDays, datesBetween, startOfDate } from "#policy/logical-date.ts";
import { fetchEvents, writeParts } from "#stores/event-log.ts";
import { planRewrites } from "#stores/rewrites.ts";
import type { Dependencies } from "./dependencies.ts";
import { jsonBytes, jsonOf, type StageContext, type StageWork } from "./stage.ts";

const Asked = z.object({ date: LogicalDate });
const Settings = z.object({ timezone: z.string(), preprocess: Config.shape.preprocess });

/** Bytes of a partition: some 65,000 events. A day of more has several. */
const PART_BYTES = 1 << 25;

/**
 * `01:collect`: fetches what the edge has logged and writes the partitions of the days that the run learns from, its own the last,
 * closed by time of receipt: a day that is over gives the same bytes whenever it is read, except for users who had their events
 * deleted since. Those are left out of every day, and what still holds them is planned for rewriting. Its result is the list of the partitions;
 * one of them is held in memory at a time.
 */
export const collect =
  (
    { registry, artefacts, edge, codeDigests }: Pick<Dependencies, "registry" | "artefacts" | "edge" | "codeDigests">,
    partBytes = PART_BYTES,
  ) =>
  async ({ call, input, report }: StageContext): Promise<StageWork> => {
    const { date } = Asked.parse(call.asked);
    const {
      timezone,
      preprocess: { windowDays },
    } = Settings.parse(call.settings);
    const erasures = z.array(Erasure).parse(jsonOf(await input("erasures")));
    const codeDigest = codeDigests.collect ?? "";
    const fetched = await fetchEvents(registry, artefacts, edge, (lines) => report({ fetched: lines }), codeDigest);

    const dates = datesBetween(addDays(date, 1 - windowDays), date);
    const bounds = [...dates, addDays(date, 1)].map((day) => startOfDate(day, timezone));
    const window: EventWindow = { schema: 1, days: [] };
    const segments = await writeParts(registry, artefacts, bounds, {
      partBytes,
      refused: erasedBy(erasures),
      write: async ({ day, lines, bytes }) => {
        const { sha256 } = await artefacts.put("events", bytes, {
          producedBy: call.stage,
          parents: [],
          codeDigest,
          configDigest: "",
          metrics: { events: lines },
        });
        window.days.push({ date: dates[day] as string, sha256, events: lines });
        report({ partitions: window.days.length });
      },
    });
    const byDay = Map.groupBy(window.days, (one) => one.date);
    const partitions = Object.fromEntries([...byDay].map(([day, own]) => [day, own.map(({ sha256 }) => sha256)]));
    const rewrites = await planRewrites(registry, { erasures, partitions, segments });
    const events = eventsIn(byDay.get(date) ?? []);
    const windowEvents = eventsIn(window.days);
    return {
      kind: "window",
      bytes: jsonBytes(window),
      metrics: { events, window_events: windowEvents, window_days: byDay.size, erasures: erasures.length },
      timings: { fetched, planned_rewrites: rewrites },
      summary: `${events.toLocaleString("en-US")} events, ${windowEvents.toLocaleString("en-US")} in ${windowDays} days`,
    };
  };

const eventsIn = (partitions: EventWindow["days"]): number => partitions.reduce((sum, { events }) => sum + events, 0);
