/** On every answer that does not say otherwise: what is JSON is not run, framed, guessed at or told of elsewhere. */
export const SECURITY: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
};

const REQUEST_ID = /^[\w-]{1,64}$/;

/** The caller's own id of the request where it is one, else a new one. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get("x-request-id");
  return given !== null && REQUEST_ID.test(given) ? given : crypto.randomUUID();
}
