import { InputError } from "#contracts/errors.ts";

/**
 * Checks where a notification may go. Addresses come from the operator's own environment; still, only https leaves the machine, and
 * plain http reaches this machine alone, so that a mistyped or injected address cannot send secrets in the clear or to a cloud's
 * metadata service.
 * @throws InputError saying what is wrong with it.
 */
export function allowedAddress(channel: string, address: string): string {
  const hint = "An https address, or http on this machine (127.0.0.1, localhost, [::1]).";
  if (!URL.canParse(address)) throw new InputError(`the address of ${channel} is no address`, hint);
  const { protocol, hostname, username } = new URL(address);
  const isHere = ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  if (username !== "") throw new InputError(`the address of ${channel} holds a name or password`, "Take it out.");
  if (protocol === "https:" && (isHere || !isPrivate(hostname))) return address;
  if (protocol === "http:" && isHere) return address;
  throw new InputError(`${channel} may not be sent to ${protocol}//${hostname}`, hint);
}

/** Literal addresses of private, link-local and loopback networks; names are resolved by the system's own resolver. */
const isPrivate = (host: string): boolean =>
  /^(10|127|0)\.|^169\.254\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(
    host,
  ) || /^\[(::|f[cd]|fe[89ab])/i.test(host);
