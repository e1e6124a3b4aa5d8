import { Served } from "#contracts/event.ts";
import { base64UrlLength, fromBase64Url, writeBase64Url } from "./base64url.ts";
import { macFor } from "./keys.ts";
import { encoded } from "./scratch.ts";

/**
 * What was answered, signed and handed to the client: `v1.<payload>.<signature>`, both base64url, payload the JSON of
 * `Served`. Feedback brings it back, so that serving a query writes nothing.
 */
const VERSION = "v1";

const DOT = ".".charCodeAt(0);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const PREFIX = encoder.encode(`${VERSION}.`);
const MAC_BYTES = 32;
/** The token that is being written; it grows with the largest. */
let token = new Uint8Array(1024);

/** Signs what was served. The text goes in only where the caller, knowing of consent, left it in `served`. */
export function signEvent(secret: string, served: Served): string {
  const { bytes, length } = encoded(JSON.stringify(served));
  const most = PREFIX.length + base64UrlLength(length) + 1 + base64UrlLength(MAC_BYTES);
  if (token.length < most) token = new Uint8Array(most);
  token.set(PREFIX);
  const signed = writeBase64Url(bytes, length, token, PREFIX.length);
  const mac = macFor(secret, "event-token")(token, signed);
  token[signed] = DOT;
  return decoder.decode(token.subarray(0, writeBase64Url(mac, MAC_BYTES, token, signed + 1)));
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
  return Served.safeParse(JSON.parse(decoder.decode(bytes))).data;
}
