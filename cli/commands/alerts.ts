import type { Command as Program } from "commander";
import { z } from "zod";
import { AlertGroup, Silence } from "#contracts/alert.ts";
import type { Config } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import { Notification } from "#contracts/notification.ts";
import { KeptMessage, SILENCES, Silences, WATCH, WatchRecord } from "#contracts/watch.ts";
import { rulesOf } from "#policy/alerts/rules.ts";
import { hoursOf } from "#policy/duration.ts";
import { change } from "#stores/change.ts";
import { readMessages } from "#stores/messages.ts";
import type { Registry } from "#stores/registry.ts";
import { person } from "../audited.ts";
import type { Act } from "../context.ts";
import { table } from "../table.ts";
import { withRegistry } from "./incidents.ts";

const Alert = z.object({
  name: z.string(),
  group: AlertGroup,
  metric: z.string(),
  operator: z.string(),
  threshold: z.number(),
  state: z.enum(["inactive", "pending", "firing"]),
  /** Since when it fires, ms since 1970. */
  since: z.number().nullable(),
  value: z.number().nullable(),
  /** A metric of it was not there at the last look. */
  missing: z.boolean(),
  silencedUntil: z.number().nullable(),
  actions: z.array(z.string()),
});
const Tried = z.object({ name: z.string(), ok: z.boolean(), detail: z.string() });
export const Output = z.object({
  alerts: z.array(Alert),
  /** When it was looked last, ms since 1970; 0 before the first look. */
  lookedAt: z.number(),
  gaps: z.array(z.object({ from: z.number(), to: z.number() })),
  silences: z.array(Silence),
  /** Messages and what became of them, newest first. */
  messages: z.array(KeptMessage),
  /** Channels that are configured; of `test`, whether each took the message. */
  channels: z.array(Tried),
});
type Output = z.infer<typeof Output>;

const HOUR = 3_600_000;
const SHOWN = 10;

export function register(program: Program, act: Act): void {
  const alerts = program.command("alerts").description("rules, what fires, who was told");
  alerts
    .command("list")
    .description("every rule with its state, and the last messages")
    .action(
      act((context) =>
        withRegistry(context, async (registry) => {
          const output = await report((await context.load()).loaded.config, registry);
          return { output, text: listed(output) };
        }),
      ),
    );
  alerts
    .command("test")
    .description("sends a harmless message through every channel that is configured")
    .action(
      act((context) =>
        withRegistry(context, async (registry) => {
          const { config } = (await context.load()).loaded;
          const channels = await tryChannels(config);
          const output = { ...(await report(config, registry)), channels };
          return {
            output,
            text:
              channels.length === 0
                ? "No channel is configured (notify.channels): messages are kept, and shown by haqei alerts list."
                : table(
                    ["channel", "took it", ""],
                    channels.map(({ name, ok, detail }) => [name, ok ? "yes" : "no", detail]),
                  ),
            status: channels.every(({ ok }) => ok) ? 0 : 1,
          };
        }),
      ),
    );
  alerts
    .command("silence")
    .argument("<rule>", "its name")
    .requiredOption("--reason <text>", "why; it is recorded")
    .option("--for <duration>", "for how long: 30m, 2h, 1d", "2h")
    .description("nobody is told of a rule for a while; what it does by itself goes on")
    .action(
      act<{ reason: string; for: string }>((context, options, [rule = ""]) =>
        withRegistry(context, async (registry) => {
          const { config } = (await context.load()).loaded;
          if (!rulesOf(config).some(({ name }) => name === rule))
            throw new InputError(`there is no alert rule ${rule}`, "haqei alerts list names them.");
          if (!/^\d+[smhd]$/.test(options.for))
            throw new InputError(`${options.for} is no duration`, "It is like 30m, 2h or 1d.");
          const from = Date.now();
          const silence = {
            rule,
            from,
            until: from + hoursOf(options.for) * HOUR,
            by: person(),
            reason: options.reason,
          };
          await change(registry, SILENCES, Silences, [], (known) => [
            silence,
            ...known.filter(({ until }) => until > from),
          ]);
          const output = await report(config, registry);
          return { output, text: `Nobody is told of ${rule} until ${new Date(silence.until).toISOString()}.` };
        }),
      ),
    );
}

async function report(config: Config, registry: Registry): Promise<Output> {
  const record = WatchRecord.safeParse((await registry.read(WATCH)).value).data;
  const now = Date.now();
  const silences = Silences.parse((await registry.read(SILENCES)).value ?? []).filter(({ until }) => until > now);
  return {
    alerts: rulesOf(config).map(({ name, group, metric, operator, threshold, actions }) => {
      const state = record?.state.states.find(({ rule }) => rule === name);
      const open = record?.state.episodes.find(({ rule, resolvedAt }) => rule === name && resolvedAt === null);
      return {
        name,
        group,
        metric,
        operator,
        threshold,
        // One that was not seen to end goes on.
        state: open ? "firing" : (state?.state ?? "inactive"),
        since: open?.firedAt ?? null,
        value: state?.value ?? null,
        missing: state?.missing ?? true,
        silencedUntil: silences.find(({ rule }) => rule === name)?.until ?? null,
        actions,
      };
    }),
    lookedAt: record?.state.at ?? 0,
    gaps: record?.state.gaps ?? [],
    silences,
    messages: (await readMessages(registry)).slice(0, SHOWN),
    channels: config.notify.channels.map(({ name, kind }) => ({ name: name || kind, ok: true, detail: kind })),
  };
}

/** Sends a message that says it is none, through each channel at once. */
async function tryChannels(config: Config): Promise<Output["channels"]> {
  const { channelOf } = await import("#notify/channels.ts");
  const at = Date.now();
  return Promise.all(
    config.notify.channels.map(async (settings) => {
      const name = settings.name || settings.kind;
      const message = (status: Notification["status"]) =>
        Notification.parse({
          id: `test-${at}-${status}`,
          key: `test-${at}`,
          level: "info",
          status,
          title: "a test: nothing is wrong",
          at,
        });
      try {
        const channel = channelOf(settings, process.env);
        await channel.send(message("firing"));
        await channel.send(message("resolved"));
        return { name, ok: true, detail: settings.kind };
      } catch (error) {
        return { name, ok: false, detail: (error as Error).message };
      }
    }),
  );
}

function listed({ alerts, lookedAt, gaps, messages, channels }: Output): string {
  const time = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
  const value = (given: number | null): string =>
    given === null ? "not measured" : String(Number(given.toPrecision(4)));
  const rows = alerts.map((one) => [
    one.name,
    one.group,
    `${one.state}${one.silencedUntil ? ", silenced" : ""}`,
    one.since ? time(one.since) : "",
    value(one.value),
    `${one.operator} ${one.threshold}`,
  ]);
  const fate = ({ deliveries }: KeptMessage): string =>
    Object.entries(deliveries)
      .map(
        ([channel, { state, detail }]) => `${channel} ${state}${state === "refused" && detail ? ` (${detail})` : ""}`,
      )
      .join(", ") || "not sent: no channel is configured for it";
  return [
    table(["rule", "group", "state", "since (UTC)", "value", "limit"], rows),
    "",
    lookedAt === 0 ? "Nobody has looked yet." : `Looked last at ${time(lookedAt)} UTC.`,
    ...gaps.slice(0, 3).map(({ from, to }) => `Nobody looked from ${time(from)} to ${time(to)} UTC.`),
    ...(channels.length === 0 ? ["No channel is configured (notify.channels): messages are kept here only."] : []),
    ...messages.map(
      (one) => `${time(one.notification.at)}  ${one.notification.status}: ${one.notification.title}; ${fate(one)}`,
    ),
  ].join("\n");
}
