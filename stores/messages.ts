import { type Addressed, type Delivery, type KeptMessage, KeptMessages, MESSAGES } from "#contracts/watch.ts";
import { change } from "./change.ts";
import type { Registry } from "./registry.ts";

/** Messages that are kept; those under way are never dropped. */
const KEPT = 200;
const isUnderWay = ({ deliveries }: KeptMessage) => Object.values(deliveries).some(({ state }) => state === "sending");

/** Messages that were to be sent, newest first. */
export async function readMessages(registry: Registry): Promise<KeptMessage[]> {
  return KeptMessages.parse((await registry.read<unknown>(MESSAGES)).value ?? []);
}

/** Keeps messages before anything is sent; one that is kept already is left alone. */
export async function keepMessages(registry: Registry, messages: readonly Addressed[]): Promise<void> {
  await change(registry, MESSAGES, KeptMessages, [], (kept) => {
    const fresh = messages.filter(({ notification }) => !kept.some((one) => one.notification.id === notification.id));
    if (fresh.length === 0) return kept;
    const all = [
      ...fresh.map(({ notification, channels }) => ({
        notification,
        deliveries: Object.fromEntries(
          channels.map((channel): [string, Delivery] => [channel, { state: "sending", at: notification.at }]),
        ),
      })),
      ...kept,
    ];
    return all.filter((one, index) => index < KEPT || isUnderWay(one));
  });
}

/** Writes down what became of a message on its way to a channel. */
export async function noteDelivery(registry: Registry, id: string, channel: string, delivery: Delivery): Promise<void> {
  await change(registry, MESSAGES, KeptMessages, [], (kept) =>
    kept.map((one) =>
      one.notification.id === id ? { ...one, deliveries: { ...one.deliveries, [channel]: delivery } } : one,
    ),
  );
}
