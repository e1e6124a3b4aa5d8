import { z } from "zod";

/** A length of time such as `30s`, `15m`, `6h` or `2d`; the units that Prometheus shares. */
const Duration = z.string().regex(/^\d+[smhd]$/, "a duration such as 30s, 15m, 6h or 2d");

export const AlertAction = z.enum([
  "page_oncall",
  "auto_rollback",
  "create_incident",
  "emergency_retrain",
  "send_slack",
  "create_ticket",
  "log_metric",
  "weekly_report",
]);
export type AlertAction = z.infer<typeof AlertAction>;

export const AlertGroup = z.enum(["critical", "warning", "info"]);
export type AlertGroup = z.infer<typeof AlertGroup>;

const Name = z.string().regex(/^[a-z][a-z0-9_]*$/, "a name such as error_rate");

const Condition = z.strictObject({ metric: Name, operator: z.enum([">", "<", "=="]), threshold: z.number() });
export type AlertCondition = z.infer<typeof Condition>;

/** A rule as data (specification 4.2): a condition on a metric, and others that must hold with it. */
export const AlertRule = Condition.extend({
  name: Name,
  group: AlertGroup,
  /** What must hold as well, such as the short window of a burn rate. */
  also: z.array(Condition).default([]),
  /** How long the condition must hold before it fires. */
  for: Duration.default("0s"),
  /** How long it goes on firing after the condition was last seen. */
  keep_firing_for: Duration.default("0s"),
  /** Fewest observations behind the metric's value; with fewer the condition does not hold. */
  minimum_sample: z.number().int().min(0).default(0),
  actions: z.array(AlertAction).min(1),
  /** What it means, in one sentence. */
  summary: z.string().min(1),
});
export type AlertRule = z.infer<typeof AlertRule>;

/** What a config may say otherwise of a rule. */
export const AlertRuleChange = z.strictObject({
  threshold: z.number().optional(),
  for: Duration.optional(),
  keep_firing_for: Duration.optional(),
  minimum_sample: z.number().int().min(0).optional(),
});
export type AlertRuleChange = z.infer<typeof AlertRuleChange>;

/** A metric's value when it was looked at, and how many observations it rests on. */
export const Sample = z.strictObject({ value: z.number(), n: z.number().nonnegative() });
export type Sample = z.infer<typeof Sample>;

/** What was measured at one look, by metric; what could not be measured is not there. */
export const Samples = z.record(z.string(), Sample);
export type Samples = z.infer<typeof Samples>;

/** Times are milliseconds since 1970. */
export const AlertState = z.strictObject({
  rule: z.string(),
  state: z.enum(["inactive", "pending", "firing"]),
  /** Since when the condition has held, without a break. */
  activeAt: z.number().nullable(),
  firedAt: z.number().nullable(),
  /** When the condition was first not seen any more, while it still fires. */
  keepFiringSince: z.number().nullable(),
  /** Whether a metric of it was missing when it was last looked at: what ends so has not been seen to end well. */
  missing: z.boolean(),
  value: z.number().nullable(),
});
export type AlertState = z.infer<typeof AlertState>;

/** From when an alert fired to when it was over; the same rule firing again is another episode. Times are ms since 1970. */
export const AlertEpisode = z.strictObject({
  rule: Name,
  group: AlertGroup,
  firedAt: z.number(),
  resolvedAt: z.number().nullable(),
});
export type AlertEpisode = z.infer<typeof AlertEpisode>;

/** Nobody is told of a rule while this lasts: who asked for it, and why, are kept. */
export const Silence = z.strictObject({
  rule: Name,
  from: z.number(),
  until: z.number(),
  by: z.string().min(1),
  reason: z.string().min(1),
});
export type Silence = z.infer<typeof Silence>;

/** What a group's receivers were last told: episodes by `<rule>@<firedAt>`. */
export const NotificationLog = z.strictObject({
  at: z.number(),
  firing: z.array(z.string()),
  resolved: z.array(z.string()),
});
export type NotificationLog = z.infer<typeof NotificationLog>;
