import { hmacSha256, type Mac } from "./hmac.ts";

/**
 * Keys of the edge, each derived from a secret by HMAC-SHA-256 over its purpose, so that what is signed or hashed for one
 * purpose means nothing for another.
 */
export type Purpose = "event-token" | "user" | "user-token" | "text" | "network";

const encoder = new TextEncoder();
const derived = new Map<string, Mac>();

/** The MAC for a purpose, its key derived once an isolate. */
export function macFor(secret: string, purpose: Purpose): Mac {
  const name = `${purpose}:${secret}`;
  const known = derived.get(name);
  if (known !== undefined) return known;
  const mac = hmacSha256(hmacSha256(encoder.encode(secret))(encoder.encode(purpose)));
  derived.set(name, mac);
  return mac;
}

/** Salted hash of a text, 32 hex digits: equal for equal texts, and nobody without the secret can try texts against it. */
export const saltedHash = (secret: string, purpose: Purpose, text: string): string =>
  hex(macFor(secret, purpose)(encoder.encode(text)).subarray(0, 16));

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function hex(bytes: Uint8Array): string {
  let digits = "";
  for (const byte of bytes) digits += HEX[byte] as string;
  return digits;
}
