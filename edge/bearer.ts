import type { AppContext } from "./app-env.ts";
import { HttpError } from "./http-error.ts";

const digest = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));

/** Both are hashed first, so that lengths are equal and the comparison takes the same time whatever was sent. */
export async function sameSecret(given: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([digest(given), digest(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}

/** What the request bears, if anything. */
export const bearerOf = (c: AppContext): string | undefined =>
  /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];

/** Whether the request bears one of these secrets; an empty one is nobody's. */
export async function holds(c: AppContext, secrets: readonly string[]): Promise<boolean> {
  const given = bearerOf(c);
  if (given === undefined) return false;
  const matches = await Promise.all(
    secrets.filter((secret) => secret !== "").map((secret) => sameSecret(given, secret)),
  );
  return matches.includes(true);
}

export const unauthorized = (what: string): HttpError =>
  new HttpError(401, "Unauthorized", `${what}: authorization: Bearer <secret>`, {
    headers: { "www-authenticate": "Bearer" },
  });
