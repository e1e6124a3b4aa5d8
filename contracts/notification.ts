import { z } from "zod";
import { AlertGroup } from "./alert.ts";
import { Sha256 } from "./reference.ts";

/** One line of a notification. Times are ms since 1970. */
const NotifiedAlert = z.strictObject({
  name: z.string().min(1),
  summary: z.string().min(1),
  firedAt: z.number(),
  resolvedAt: z.number().nullable(),
  value: z.number().nullable(),
  /** The page of the runbook that says what to do. */
  runbook: z.string().min(1),
});

/**
 * What somebody is told. `key` names the group of alerts or the incident it is about, the same for all messages about it; `id` names
 * this message, so that a message which is sent again after a crash is recognised.
 */
export const Notification = z.strictObject({
  id: z.string().min(1).max(200),
  key: z.string().min(1).max(200),
  level: AlertGroup,
  status: z.enum(["firing", "resolved"]),
  title: z.string().min(1).max(300),
  /** What the system already did about it, in sentences. */
  done: z.array(z.string()).default([]),
  alerts: z.array(NotifiedAlert).default([]),
  /** The week's report, where the message brings it: what it says in short, and its page by digest in the artefact store. */
  report: z.strictObject({ lines: z.array(z.string()), sha256: Sha256 }).optional(),
  at: z.number(),
});
export type Notification = z.infer<typeof Notification>;

/** Where messages go, as the config names it. Addresses that are secrets stand in environment variables. */
const Variable = z.string().regex(/^[A-Z][A-Z0-9_]*$/, "the name of an environment variable");
const Name = z.string().min(1).default("");

export const ChannelConfig = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("slack"), name: Name, urlVariable: Variable.default("HAQEI_SLACK_URL") }),
  z.strictObject({
    kind: z.literal("pagerduty"),
    name: Name,
    keyVariable: Variable.default("HAQEI_PAGERDUTY_KEY"),
    url: z.url().default("https://events.pagerduty.com/v2/enqueue"),
  }),
  z.strictObject({
    kind: z.literal("github"),
    name: Name,
    repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, "owner/name"),
    tokenVariable: Variable.default("HAQEI_GITHUB_TOKEN"),
    url: z.url().default("https://api.github.com"),
  }),
  z.strictObject({
    kind: z.literal("email"),
    name: Name,
    /** smtp://user:password@host:port, or smtps. */
    urlVariable: Variable.default("HAQEI_SMTP_URL"),
    from: z.email(),
    to: z.array(z.email()).min(1),
  }),
  z.strictObject({
    kind: z.literal("webhook"),
    name: Name,
    urlVariable: Variable.default("HAQEI_WEBHOOK_URL"),
    /** Signs the body (HMAC-SHA-256), where it is set. */
    secretVariable: Variable.optional(),
  }),
]);
export type ChannelConfig = z.infer<typeof ChannelConfig>;
