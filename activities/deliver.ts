import { NotReachableError } from "#contracts/errors.ts";
import type { Notification } from "#contracts/notification.ts";
import type { Addressed } from "#contracts/watch.ts";
import { channelOf } from "#notify/channels.ts";
import { keepMessages as keep, noteDelivery, readMessages } from "#stores/messages.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";

export interface DeliverCall {
  notification: Notification;
  channel: string;
}

type Needs = Pick<Dependencies, "config" | "registry" | "now"> & Partial<Pick<Dependencies, "artefacts">>;

/** Keeps messages where they can be listed, before any is sent. */
export const keepMessages =
  ({ registry }: Pick<Needs, "registry">) =>
  (messages: Addressed[]): Promise<void> =>
    named(() => keep(registry, messages));

/**
 * Sends a message to a channel and writes it down. Messages about one thing go one after the other, so that nobody hears of its end before
 * its beginning; one that is delivered is not sent again.
 * @throws NotReachableError where it may help to try again; NotificationRefusedError or InputError where it cannot
 */
export const deliver =
  (
    { config, registry, now, artefacts }: Needs,
    environment: Readonly<Record<string, string | undefined>> = process.env,
  ) =>
  ({ notification, channel }: DeliverCall): Promise<void> =>
    named(async () => {
      const kept = await readMessages(registry);
      const { id, key, at } = notification;
      const own = kept.find((one) => one.notification.id === id);
      if (own?.deliveries[channel]?.state === "delivered") return;
      const earlier = kept.find(
        (one) =>
          one.notification.key === key && one.notification.at < at && one.deliveries[channel]?.state === "sending",
      );
      if (earlier)
        throw new NotReachableError(
          `${channel} has not taken an earlier message about ${key}`,
          "It is sent once that one is out.",
        );
      const settings = config.notify.channels.find(({ name, kind }) => (name || kind) === channel);
      if (settings === undefined)
        throw new NotReachableError(`there is no channel ${channel} any more`, "Mend notify.channels and start again.");
      const page = notification.report && (await artefacts?.get(notification.report));
      const called = await channelOf(settings, environment).send(
        notification,
        undefined,
        page && new TextDecoder().decode(page),
      );
      await noteDelivery(registry, id, channel, {
        state: "delivered",
        at: now(),
        ...(called ? { detail: called } : {}),
      });
    });

/** Writes down that a message is given up. */
export const giveUpMessage =
  ({ registry, now }: Pick<Needs, "registry" | "now">) =>
  ({ id, channel, why }: { id: string; channel: string; why: string }): Promise<void> =>
    named(() => noteDelivery(registry, id, channel, { state: "refused", at: now(), detail: why.slice(0, 500) }));
