import { Served } from "#contracts/event.ts";
import { fromBase64Url, toBase64Url } from "./base64url.ts";
import { keyFor } from "./keys.ts";

/**
 * What was answered, signed and handed to the client: `v1.<payload>.<signature>`, both base64url, payload the JSON of
 * `Served`. Feedback brings it back, so that serving a query writes nothing.
 */
const VERSION = "v1";

const encoder = new TextEncoder();

/** Signs what was served. The text goes in only where the caller, knowing of consent, left it in `served`. */
export async function signEvent(secret: string, served: Served): Promise<string> {
  const payload = toBase64Url(encoder.encode(JSON.stringify(served)));
  const signed = `${VERSION}.${payload}`;
  const mac = await crypto.subtle.sign("HMAC", await keyFor(secret, "event-token"), encoder.encode(signed));
  return `${signed}.${toBase64Url(new Uint8Array(mac))}`;
}

/** What was served, or undefined where the token was not made here. `subtle.verify` compares in constant time. */
export async function verifyEvent(secret: string, token: string): Promise<Served | undefined> {
  const [version, payload, signature, ...rest] = token.split(".");
  if (version !== VERSION || payload === undefined || signature === undefined || rest.length > 0) return undefined;
  const mac = fromBase64Url(signature);
  const bytes = fromBase64Url(payload);
  if (mac === undefined || bytes === undefined) return undefined;
  const key = await keyFor(secret, "event-token");
  if (!(await crypto.subtle.verify("HMAC", key, mac, encoder.encode(`${version}.${payload}`)))) return undefined;
  return Served.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
}
