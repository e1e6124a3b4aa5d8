import { z } from "zod";
import type { Samples } from "./alert.ts";
import { AlertEpisode, AlertGroup, AlertState, NotificationLog, Silence } from "./alert.ts";
import { IncidentsConfig, NotifyConfig } from "./config.ts";
import { Incident, Proof } from "./incident.ts";
import { Notification } from "./notification.ts";
import { OperationsStatus } from "./status.ts";

/** Where the registry keeps what watching has come to, silences, and the messages. */
export const WATCH = "watch";
export const SILENCES = "watch/silences";
export const MESSAGES = "watch/messages";
/** Until when, and how often, a recovery wants it looked. */
export const CLOSER_WATCH = "watch/closer";

export const Silences = z.array(Silence);
export const CloserWatch = z.strictObject({ from: z.number(), until: z.number(), reason: z.string() });
export type CloserWatch = z.infer<typeof CloserWatch>;

/** What is known between two looks. Times are ms since 1970. */
export const WatchState = z.strictObject({
  /** When it was looked last; 0 before the first look. */
  at: z.number(),
  states: z.array(AlertState),
  /** Newest first: all that are not over, and those of the last weeks. */
  episodes: z.array(AlertEpisode),
  /** Episodes whose end is still to be told, by `<rule>@<firedAt>`. */
  untold: z.array(z.string()),
  told: z.partialRecord(AlertGroup, NotificationLog),
  /** Stretches in which nobody looked, newest first. */
  gaps: z.array(z.strictObject({ from: z.number(), to: z.number() })),
});
export type WatchState = z.infer<typeof WatchState>;

/** One look: `tick` names it, so that it counts once however often it is asked for. `since` is when its workflow began. */
export interface WatchCall {
  tick: string;
  samples: Samples;
  since: number;
}

/** What incidents and messages go by, from the config, as it stood when they began. */
export const CallingSettings = z.strictObject({
  timezone: z.string(),
  runbook: z.string(),
  incidents: IncidentsConfig,
  routes: NotifyConfig.shape.routes,
  retry: NotifyConfig.shape.retry,
});
export type CallingSettings = z.infer<typeof CallingSettings>;

/** A message and the channels that it goes to. */
export const Addressed = z.strictObject({ notification: Notification, channels: z.array(z.string()) });
export type Addressed = z.infer<typeof Addressed>;

/** What an alert asks to be done by itself, once an episode. */
const Act = z.strictObject({ episode: z.string(), rule: z.string(), value: z.number().nullable() });
export type Act = z.infer<typeof Act>;

/** What follows from a look; decided once a look, however often it is asked for. */
export const WatchPlan = z.strictObject({
  at: z.number(),
  /** Metrics that rules need and nobody measured. */
  missing: z.array(z.string()),
  /** ms without a look before this one. */
  gap: z.number().nullable(),
  /** Nothing critical, nothing missed: somebody outside is told that watching goes on. */
  well: z.boolean(),
  rollbacks: z.array(Act),
  retrains: z.array(Act).default([]),
  open: z.array(Incident),
  recovered: z.array(z.strictObject({ cause: z.string(), proof: Proof })),
  messages: z.array(Addressed),
  status: OperationsStatus.shape.alerts,
  settings: CallingSettings,
  /** ms after which it is looked again within this workflow, while a recovery is watched more closely. */
  again: z.number().nullable(),
});
export type WatchPlan = z.infer<typeof WatchPlan>;

/** What the registry keeps of watching: the state, and what was decided at the look that led to it. */
export const WatchRecord = z.strictObject({ tick: z.string(), state: WatchState, plan: WatchPlan.nullable() });
export type WatchRecord = z.infer<typeof WatchRecord>;

/** How a message fares on its way to one channel. */
const Delivery = z.strictObject({
  state: z.enum(["sending", "delivered", "refused"]),
  at: z.number(),
  detail: z.string().optional(),
});
export type Delivery = z.infer<typeof Delivery>;

/** A message that was to be sent, and what became of it by channel; none where no channel is configured for it. */
export const KeptMessage = z.strictObject({
  notification: Notification,
  deliveries: z.record(z.string(), Delivery),
});
export type KeptMessage = z.infer<typeof KeptMessage>;
export const KeptMessages = z.array(KeptMessage);
