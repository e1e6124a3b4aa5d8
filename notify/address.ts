import { InputError } from "#contracts/errors.ts";
import { isPrivate } from "./private-network.ts";

/**
 * Checks where a notification may go. Addresses come from the operator's own environment; still, only https leaves the machine, and
 * plain http reaches this machine alone, so that a mistyped or injected address cannot send secrets in the clear or to a cloud's
 * metadata service. What a name resolves to is looked at when it is sent to (`post.ts`).
 * @throws InputError saying what is wrong with it.
 */
export function allowedAddress(channel: string, address: string): string {
  const hint = "An https address, or http on this machine (127.0.0.1, localhost, [::1]).";
  if (!URL.canParse(address)) throw new InputError(`the address of ${channel} is no address`, hint);
  const { protocol, hostname, username } = new URL(address);
  const isHere = isThisMachine(hostname);
  if (username !== "") throw new InputError(`the address of ${channel} holds a name or password`, "Take it out.");
  if (protocol === "https:" && (isHere || !isPrivate(hostname.replace(/^\[|\]$/g, "")))) return address;
  if (protocol === "http:" && isHere) return address;
  throw new InputError(`${channel} may not be sent to ${protocol}//${hostname}`, hint);
}

/** Names and addresses under which this machine may be told, as URLs have them. */
export const isThisMachine = (hostname: string): boolean => ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
