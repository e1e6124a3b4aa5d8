import { Served } from "#contracts/event.ts";
import { macFor } from "./keys.ts";

/**
 * What was answered, signed and handed to the client: `v1.<payload>.<signature>`, both base64url, payload the JSON of
 * `Served`. Feedback brings it back, so that serving a query writes nothing.
 */
const VERSION = "v1";

const encoder = new TextEncoder();

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** Two digits for each 12 bits. */
const PAIRS = Array.from({ length: 4096 }, (_, bits) => `${ALPHABET.charAt(bits >> 6)}${ALPHABET.charAt(bits & 63)}`);

function toBase64Url(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  for (; at + 2 < bytes.length; at += 3) {
    const bits = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    text += `${PAIRS[bits >> 12]}${PAIRS[bits & 4095]}`;
  }
  if (at + 1 === bytes.length) text += PAIRS[(bytes[at] as number) << 4];
  if (at + 2 === bytes.length) {
    const bits = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    text += `${PAIRS[bits >> 4]}${ALPHABET.charAt((bits & 15) << 2)}`;
  }
  return text;
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** Signs what was served. The text goes in only where the caller, knowing of consent, left it in `served`. */
export function signEvent(secret: string, served: Served): string {
  const signed = `${VERSION}.${toBase64Url(encoder.encode(JSON.stringify(served)))}`;
  return `${signed}.${toBase64Url(macFor(secret, "event-token")(encoder.encode(signed)))}`;
}

/** What was served, or undefined where the token was not made here. The comparison takes the same time whatever was sent. */
export function verifyEvent(secret: string, token: string): Served | undefined {
  const [version, payload, signature, ...rest] = token.split(".");
  if (version !== VERSION || payload === undefined || signature === undefined || rest.length > 0) return undefined;
  const mac = fromBase64Url(signature);
  const bytes = fromBase64Url(payload);
  if (mac === undefined || bytes === undefined) return undefined;
  const own = macFor(secret, "event-token")(encoder.encode(`${version}.${payload}`));
  if (mac.length !== own.length || !crypto.subtle.timingSafeEqual(mac, own)) return undefined;
  return Served.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
}
