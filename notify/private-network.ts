import { lookup as systemLookup } from "node:dns";
import { BlockList, isIPv6, type LookupFunction } from "node:net";

/** Networks that are not of the open internet (RFC 6890): this machine's, private, shared, link-local, unspecified. */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const)
  PRIVATE.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  // Unspecified, this machine, and IPv4 reached through IPv6; what is merely written so the list knows by itself.
  ["::", 96],
  ["64:ff9b::", 96],
  ["fc00::", 7],
  ["fe80::", 10],
] as const)
  PRIVATE.addSubnet(network, bits, "ipv6");

/** Whether an address, without brackets, is of a network that is not the open internet. What is no address is none. */
export const isPrivate = (address: string): boolean => PRIVATE.check(address, isIPv6(address) ? "ipv6" : "ipv4");

/**
 * Resolves a name and refuses it where any of its addresses is private. The connection is made to the addresses that were looked at, so that a
 * name which changes its mind in between gains nothing.
 */
export const publicLookup =
  (lookup: LookupFunction = systemLookup as LookupFunction): LookupFunction =>
  (hostname, options, callback) =>
    lookup(hostname, options, (error, found, family) => {
      const addresses = typeof found === "string" ? [found] : (found ?? []).map(({ address }) => address);
      if (error === null && addresses.some(isPrivate))
        return callback(new Error(`${hostname} is an address of a private network`), "", 0);
      callback(error, found, family);
    });
