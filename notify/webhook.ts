import { createHmac } from "node:crypto";
import type { Channel } from "./channel.ts";
import { post } from "./post.ts";

/**
 * The notification itself as JSON (`contracts/notification.ts`). `idempotency-key` lets the receiver drop what it has; with a secret,
 * `x-haqei-signature` is `sha256=` and the HMAC of the body in hex.
 */
export const webhook = (name: string, url: string, secret: string | undefined): Channel => ({
  name,
  async send(notification, signal) {
    const body = JSON.stringify(notification);
    const signature =
      secret === undefined
        ? {}
        : { "x-haqei-signature": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}` };
    await post(name, url, { headers: { "idempotency-key": notification.id, ...signature }, body, signal });
    return undefined;
  },
});
