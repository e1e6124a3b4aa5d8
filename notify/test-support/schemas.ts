import { z } from "zod";

/** An incoming webhook's body, from Slack's documentation: unknown fields are refused as invalid_blocks. */
export const SlackBody = z.strictObject({
  text: z.string().min(1).max(40_000),
  attachments: z
    .array(
      z.strictObject({
        color: z.string().regex(/^#[0-9a-f]{6}$/),
        blocks: z
          .array(
            z.strictObject({
              type: z.literal("section"),
              text: z.strictObject({ type: z.literal("mrkdwn"), text: z.string().min(1).max(3000) }),
            }),
          )
          .max(50),
      }),
    )
    .max(100),
});

/** Events API v2, `PD-CEF`, from PagerDuty's documentation. */
export const PagerDutyEvent = z.discriminatedUnion("event_action", [
  z.strictObject({
    event_action: z.literal("trigger"),
    routing_key: z.string().length(32),
    dedup_key: z.string().max(255),
    payload: z.strictObject({
      summary: z.string().max(1024),
      source: z.string(),
      severity: z.enum(["critical", "warning", "error", "info"]),
      timestamp: z.iso.datetime(),
      custom_details: z.record(z.string(), z.unknown()),
    }),
    links: z.array(z.strictObject({ href: z.url(), text: z.string() })),
  }),
  z.strictObject({
    event_action: z.literal("resolve"),
    routing_key: z.string().length(32),
    dedup_key: z.string().max(255),
  }),
]);

/** A new issue, as GitHub's REST API takes it. */
export const GithubIssue = z.strictObject({
  title: z.string().max(256),
  body: z.string(),
  labels: z.array(z.string()),
});
