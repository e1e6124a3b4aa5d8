import type { Notification } from "#contracts/notification.ts";
import type { Channel } from "./channel.ts";
import { post } from "./post.ts";
import { linesOf, titleOf } from "./text.ts";

const COLOURS = { critical: "#b3261e", warning: "#b26a00", info: "#3b6ea5" } as const;
const RESOLVED = "#2e7d32";
/** Slack cuts a section's text at 3,000 characters; a message may have 50 blocks. */
const SECTION = 2900;

/** The body of an incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). */
function slackMessage(notification: Notification) {
  const text = linesOf(notification).map(escaped).join("\n").slice(0, SECTION);
  return {
    text: escaped(titleOf(notification)),
    attachments: [
      {
        color: notification.status === "resolved" ? RESOLVED : COLOURS[notification.level],
        blocks: text === "" ? [] : [{ type: "section", text: { type: "mrkdwn", text } }],
      },
    ],
  };
}

/** Slack reads these three as markup; the rest is left alone. */
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Slack takes no id for a message: one whose answer was lost is said again. */
export const slack = (name: string, url: string): Channel => ({
  name,
  async send(notification, signal) {
    await post(name, url, { body: slackMessage(notification), signal });
    return undefined;
  },
});
