import { Served } from "#contracts/event.ts";
import { fromBase64Url, toBase64Url } from "./base64url.ts";
import { macFor } from "./keys.ts";

/**
 * What was answered, signed and handed to the client: `v1.<payload>.<signature>`, both base64url, payload the JSON of
 * `Served`. Feedback brings it back, so that serving a query writes nothing.
 */
const VERSION = "v1";

const encoder = new TextEncoder();

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
