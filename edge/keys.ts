import { hmacSha256, type Mac } from "./hmac.ts";
import { encoded } from "./scratch.ts";

/**
 * Keys of the edge, each derived from a secret by HMAC-SHA-256 over its purpose, so that what is signed or hashed for one
 * purpose means nothing for another.
 */
export type Purpose = "event-token" | "user" | "user-token" | "text" | "network";

const encoder = new TextEncoder();
const derived: Partial<Record<Purpose, { secret: string; mac: Mac }>> = {};

/** The MAC for a purpose, its key derived once an isolate. */
export function macFor(secret: string, purpose: Purpose): Mac {
  const known = derived[purpose];
  if (known?.secret === secret) return known.mac;
  const mac = hmacSha256(hmacSha256(encoder.encode(secret))(encoder.encode(purpose)));
  derived[purpose] = { secret, mac };
  return mac;
}

/** Salted hash of a text, 32 hex digits: equal for equal texts, and nobody without the secret can try texts against it. */
export function saltedHash(secret: string, purpose: Purpose, text: string): string {
  const { bytes, length } = encoded(text);
  return hex(macFor(secret, purpose)(bytes, length), 16);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The first `length` bytes. */
export function hex(bytes: Uint8Array, length = bytes.length): string {
  let digits = "";
  for (let at = 0; at < length; at += 1) digits += HEX[bytes[at] as number] as string;
  return digits;
}
