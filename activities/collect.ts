import { z } from "zod";
import { LogicalDate } from "#contracts/run.ts";
import { addDays, startOfDate } from "#policy/logical-date.ts";
import { fetchEvents, readPartition } from "#stores/event-log.ts";
import type { Dependencies } from "./dependencies.ts";
import type { StageContext, StageWork } from "./stage.ts";

const Asked = z.object({ date: LogicalDate });
const Settings = z.object({ timezone: z.string() });

/**
 * `01:collect`: fetches what the edge has logged and writes the partition of the day, closed by time of receipt: a day that is
 * over gives the same bytes whenever it is read.
 */
export const collect =
  ({ registry, artefacts, edge, codeDigests }: Pick<Dependencies, "registry" | "artefacts" | "edge" | "codeDigests">) =>
  async ({ call, report }: StageContext): Promise<StageWork> => {
    const { date } = Asked.parse(call.asked);
    const { timezone } = Settings.parse(call.settings);
    const fetched = await fetchEvents(
      registry,
      artefacts,
      edge,
      (lines) => report({ fetched: lines }),
      codeDigests.collect,
    );
    const lines = await readPartition(
      registry,
      artefacts,
      startOfDate(date, timezone),
      startOfDate(addDays(date, 1), timezone),
    );
    return {
      kind: "events",
      bytes: new TextEncoder().encode(lines.join("\n")),
      metrics: { events: lines.length },
      timings: { fetched },
      summary: `${lines.length.toLocaleString("en-US")} events`,
    };
  };
