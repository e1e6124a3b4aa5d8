import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { Erasure } from "#contracts/http.ts";
import { LogicalDate } from "#contracts/run.ts";
import type { EventWindow } from "#contracts/window.ts";
import { erasedBy } from "#policy/erasures.ts";
import { addDays, datesBetween, startOfDate } from "#policy/logical-date.ts";
import { fetchEvents, readDays } from "#stores/event-log.ts";
import { planRewrites } from "#stores/rewrites.ts";
import type { Dependencies } from "./dependencies.ts";
import { jsonBytes, jsonOf, type StageContext, type StageWork } from "./stage.ts";

const Asked = z.object({ date: LogicalDate });
const Settings = z.object({ timezone: z.string(), preprocess: Config.shape.preprocess });

/**
 * `01:collect`: fetches what the edge has logged and writes the partitions of the days that the run learns from, its own the last,
 * closed by time of receipt: a day that is over gives the same bytes whenever it is read, except for users who had their events
 * deleted since. Those are left out of every day, and what still holds them is planned for rewriting.
 */
export const collect =
  ({ registry, artefacts, edge, codeDigests }: Pick<Dependencies, "registry" | "artefacts" | "edge" | "codeDigests">) =>
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
    const { days, refusedIn } = await readDays(registry, artefacts, bounds, erasedBy(erasures));
    const own = days.at(-1);
    const window: EventWindow = { schema: 1, days: [] };
    for (const [index, { lines, bytes }] of days.entries()) {
      if (lines === 0) continue;
      const { sha256 } = await artefacts.put("events", bytes, {
        producedBy: call.stage,
        parents: [],
        codeDigest,
        configDigest: "",
        metrics: { events: lines },
      });
      window.days.push({ date: dates[index] as string, sha256, events: lines });
    }
    const partitions = Object.fromEntries(window.days.map(({ date: day, sha256 }) => [day, sha256]));
    const rewrites = await planRewrites(registry, { erasures, partitions, segments: refusedIn });
    const events = own?.lines ?? 0;
    const windowEvents = window.days.reduce((sum, day) => sum + day.events, 0);
    return {
      kind: "events",
      bytes: own?.bytes ?? new Uint8Array(),
      beside: { window: { kind: "window", bytes: jsonBytes(window), metrics: { events: windowEvents } } },
      metrics: { events, window_events: windowEvents, window_days: window.days.length, erasures: erasures.length },
      timings: { fetched, planned_rewrites: rewrites },
      summary: `${events.toLocaleString("en-US")} events, ${windowEvents.toLocaleString("en-US")} in ${windowDays} days`,
    };
  };
