/**
 * Keys of the edge, each derived from a secret by HMAC-SHA-256 over its purpose, so that what is signed or hashed for one
 * purpose means nothing for another.
 */
export type Purpose = "event-token" | "user" | "user-token" | "text";

const encoder = new TextEncoder();
const algorithm = { name: "HMAC", hash: "SHA-256" };
const derived = new Map<string, Promise<CryptoKey>>();

const importKey = (bytes: BufferSource) => crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign", "verify"]);

async function derive(secret: string, purpose: Purpose): Promise<CryptoKey> {
  const root = await importKey(encoder.encode(secret));
  return importKey(await crypto.subtle.sign("HMAC", root, encoder.encode(purpose)));
}

/** The key for a purpose, derived once an isolate. */
export function keyFor(secret: string, purpose: Purpose): Promise<CryptoKey> {
  const name = `${purpose}:${secret}`;
  const known = derived.get(name);
  if (known !== undefined) return known;
  const key = derive(secret, purpose);
  derived.set(name, key);
  return key;
}

/** Salted hash of a text, 32 hex digits: equal for equal texts, and nobody without the secret can try texts against it. */
export async function saltedHash(secret: string, purpose: Purpose, text: string): Promise<string> {
  const mac = await crypto.subtle.sign("HMAC", await keyFor(secret, purpose), encoder.encode(text));
  return hex(new Uint8Array(mac, 0, 16));
}

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
