import { createHash } from "node:crypto";
import { createTransport } from "nodemailer";
import { NotificationRefusedError, NotReachableError } from "#contracts/errors.ts";
import type { Channel } from "./channel.ts";
import { linesOf, titleOf } from "./text.ts";

const PATIENCE_MS = 10_000;

/** The same message has the same id, by which mail programs drop doubles; messages about one thing are one thread. */
const messageId = (id: string, from: string): string =>
  `<${createHash("sha256").update(id).digest("hex").slice(0, 32)}@${from.split("@")[1] ?? "haqei"}>`;

export function email(name: string, url: string, from: string, to: readonly string[]): Channel {
  const transport = createTransport({
    url,
    connectionTimeout: PATIENCE_MS,
    greetingTimeout: PATIENCE_MS,
    socketTimeout: PATIENCE_MS,
    // What is sent is text of ours: nothing is read from files or addresses named in it.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    name,
    async send(notification, _signal, page) {
      const thread = messageId(notification.key, from);
      try {
        const { messageId: sent } = await transport.sendMail({
          from,
          to: [...to],
          subject: titleOf(notification),
          text: linesOf(notification).join("\n"),
          // Mail programs draw little of a page; a browser draws all of it.
          ...(page === undefined
            ? {}
            : { attachments: [{ filename: `${notification.id}.html`, content: page, contentType: "text/html" }] }),
          messageId: messageId(notification.id, from),
          inReplyTo: thread,
          references: thread,
          headers: { "Auto-Submitted": "auto-generated" },
        });
        return sent;
      } catch (error) {
        const { responseCode, message } = error as Error & { responseCode?: number };
        // 5yz is final (RFC 5321, 4.2.1); no code means that nobody answered.
        if (responseCode !== undefined && responseCode >= 500)
          throw new NotificationRefusedError(`${name} refused: ${message}`, "Check sender, receivers and password.", {
            cause: error,
          });
        throw new NotReachableError(`${name} did not take the message: ${message}`, "It is tried again.", {
          cause: error,
        });
      }
    },
  };
}
