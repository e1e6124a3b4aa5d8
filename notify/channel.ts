import type { Notification } from "#contracts/notification.ts";

/** A way to tell somebody. */
export interface Channel {
  readonly name: string;
  /**
   * Delivers one message; delivering the same `id` again must not tell people twice where the receiver lets us know.
   * @param page a page in HTML that belongs to it; a channel that cannot carry one sends the message alone
   * @returns what the receiver called it, where it says so.
   * @throws NotReachableError where it may help to try again, NotificationRefusedError where it cannot.
   */
  send(notification: Notification, signal?: AbortSignal, page?: string): Promise<string | undefined>;
}
