import type { Command } from "commander";
import { z } from "zod";
import { readEndpoints } from "#local/home.ts";
import type { ScheduleState } from "#workers/schedules.ts";
import { person } from "../audited.ts";
import type { Act } from "../context.ts";
import { table } from "../table.ts";
import { Schedule } from "./status.ts";

export const Output = z.object({
  schedules: z.array(Schedule),
  /** Of `apply`: what was done to each. */
  applied: z.record(z.string(), z.enum(["created", "updated", "unchanged"])).optional(),
});
type Output = z.infer<typeof Output>;

export function register(program: Command, act: Act): void {
  const schedules = program
    .command("schedules")
    .description("schedules as the config declares them, against the server's");
  type Doing = (
    room: typeof import("#workers/schedules.ts"),
    client: Awaited<ReturnType<typeof import("#workers/client.ts").connectClient>>,
    config: Parameters<typeof import("#workers/schedules.ts").listSchedules>[1],
    name: string | undefined,
  ) => Promise<Output["applied"] | undefined>;

  /** A subcommand that does something first, or nothing, and then shows how the schedules stand. */
  const command = (
    name: string,
    what: string,
    takesName: boolean,
    doing: Doing,
    isFault = (_: ScheduleState[]) => false,
  ) => {
    const made = schedules.command(name).description(what);
    if (takesName) made.argument("[name]", "one of them; all where none is named");
    made.action(
      act(async (context, _options, [given]) => {
        const { home, loaded } = await context.load();
        const endpoints = readEndpoints(home);
        const [{ connectClient }, room] = await Promise.all([
          import("#workers/client.ts"),
          import("#workers/schedules.ts"),
        ]);
        const client = await connectClient(endpoints);
        try {
          const applied = await doing(room, client, loaded.config, given);
          const states = await room.listSchedules(client, loaded.config);
          const output: Output = { schedules: states, ...(applied ? { applied } : {}) };
          return { output, text: inWords(output), status: isFault(states) ? 1 : 0 };
        } finally {
          await client.connection.close();
        }
      }),
    );
  };

  command("list", "what is scheduled, and when it acts next", false, async () => undefined);
  command(
    "diff",
    "where the server differs from the config; exit status 1 where it does",
    false,
    async () => undefined,
    (states) => states.some(({ drift }) => drift.length > 0),
  );
  command(
    "apply",
    "bring the server to the config; what is paused stays paused",
    false,
    async (room, client, config) => {
      const applied: NonNullable<Output["applied"]> = {};
      for (const declared of room.declaredSchedules(config))
        applied[declared.scheduleId] = await room.applySchedule(client, declared);
      return applied;
    },
  );
  for (const [name, paused] of [
    ["pause", true],
    ["resume", false],
  ] as const)
    command(name, `${name} one schedule, or all`, true, async (room, client, config, given) => {
      await room.setPaused(client, config, given, { paused, note: `${name}d by ${person()}` });
      return undefined;
    });
}

function inWords({ schedules, applied }: Output): string {
  const rows = schedules.map(({ name, spec, timezone, next, paused, drift }) => [
    name,
    applied?.[name] ?? (paused ? "paused" : drift.length > 0 ? "drifted" : "as declared"),
    paused ? "" : (next[0] ?? "never"),
    timezone,
    drift.join("; ") || spec,
  ]);
  return table(["schedule", "state", "next", "time zone", "when, or what has drifted"], rows);
}
