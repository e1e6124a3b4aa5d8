import type { LookupFunction } from "node:net";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { isPrivate, publicLookup } from "./private-network.ts";

describe("a private network", () => {
  it.each([
    "127.0.0.1",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "::",
    "fd00::1",
    "fe80::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
  ])("has %s", (address) => {
    expect(isPrivate(address)).toBe(true);
  });
  it.each(["1.1.1.1", "172.32.0.1", "100.128.0.1", "11.0.0.1", "2606:4700::1111", "hooks.example.org"])(
    "does not have %s",
    (address) => {
      expect(isPrivate(address)).toBe(false);
    },
  );
});

describe("a name", () => {
  /** A resolver that knows one name; who asks for all addresses gets them as a list. */
  const resolver =
    (...addresses: string[]): LookupFunction =>
    (_name, options, callback) =>
      options.all
        ? callback(
            null,
            addresses.map((address) => ({ address, family: 4 })),
          )
        : callback(null, addresses[0] ?? "", 4);
  const resolve = (lookup: LookupFunction, all: boolean) =>
    promisify(
      publicLookup(lookup) as (
        name: string,
        options: { all: boolean },
        done: (error: Error | null, found: unknown) => void,
      ) => void,
    )("hooks.example.org", { all });

  it.each([true, false])("that resolves to a private address is refused (all: %s)", async (all) => {
    await expect(resolve(resolver("169.254.169.254"), all)).rejects.toThrow(/private network/);
  });

  it("of which one address of several is private is refused", async () => {
    await expect(resolve(resolver("1.1.1.1", "10.0.0.7"), true)).rejects.toThrow(/private network/);
  });

  it("of the open internet is resolved as it is", async () => {
    await expect(resolve(resolver("1.1.1.1"), false)).resolves.toBe("1.1.1.1");
    await expect(resolve(resolver("1.1.1.1", "9.9.9.9"), true)).resolves.toHaveLength(2);
  });

  it("that is not known is said so", async () => {
    const unknown: LookupFunction = (_name, _options, callback) => callback(new Error("ENOTFOUND"), "", 0);
    await expect(resolve(unknown, true)).rejects.toThrow(/ENOTFOUND/);
  });
});
