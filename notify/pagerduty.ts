import { z } from "zod";
import type { Notification } from "#contracts/notification.ts";
import type { Channel } from "./channel.ts";
import { post } from "./post.ts";
import { titleOf } from "./text.ts";

const SEVERITY = { critical: "critical", warning: "warning", info: "info" } as const;
/** PagerDuty's limit of a summary. */
const SUMMARY = 1024;

/** An event of the Events API v2. The same `dedup_key` is the same incident there, so that sending twice alerts once. */
function pagerDutyEvent(notification: Notification, routingKey: string) {
  const { key, status, level, alerts, done, at } = notification;
  const common = { routing_key: routingKey, dedup_key: key };
  if (status === "resolved") return { ...common, event_action: "resolve" as const };
  return {
    ...common,
    event_action: "trigger" as const,
    payload: {
      summary: titleOf(notification).slice(0, SUMMARY),
      source: "haqei",
      severity: SEVERITY[level],
      timestamp: new Date(at).toISOString(),
      custom_details: { alerts, done },
    },
    links: alerts.map(({ name, runbook }) => ({ href: runbook, text: `What to do about ${name}` })),
  };
}

const Answer = z.object({ dedup_key: z.string() });

export const pagerDuty = (name: string, url: string, routingKey: string): Channel => ({
  name,
  async send(notification, signal) {
    const text = await post(name, url, { body: pagerDutyEvent(notification, routingKey), signal });
    return Answer.safeParse(JSON.parse(text || "{}")).data?.dedup_key;
  },
});
