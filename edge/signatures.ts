import type { Verify } from "#policy/blessing.ts";
import { fromBase64Url } from "./base64url.ts";

const imported = new Map<string, Promise<CryptoKey[]>>();
const encoder = new TextEncoder();

function importKeys(list: string): Promise<CryptoKey[]> {
  const keys = list.split(",").flatMap((text) => {
    const raw = fromBase64Url(text.trim());
    return raw === undefined || raw.length === 0 ? [] : [raw];
  });
  return Promise.all(keys.map((raw) => crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"])));
}

/** Asks the public keys that this edge was given (`BLESSING_KEYS`), imported once an isolate; without any it believes nobody. */
export const verifierOf =
  ({ BLESSING_KEYS }: Pick<Env, "BLESSING_KEYS">): Verify =>
  async (text, signature) => {
    const bytes = fromBase64Url(signature);
    if (bytes === undefined) return false;
    const keys = imported.get(BLESSING_KEYS) ?? importKeys(BLESSING_KEYS);
    imported.set(BLESSING_KEYS, keys);
    const signed = encoder.encode(text);
    const verdicts = await Promise.all(
      (await keys).map((key) => crypto.subtle.verify({ name: "Ed25519" }, key, bytes, signed)),
    );
    return verdicts.includes(true);
  };
