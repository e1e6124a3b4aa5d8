import { createMiddleware } from "hono/factory";
import type { AppContext, AppEnv } from "./app-env.ts";
import { HttpError } from "./http-error.ts";

const digest = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));

/** Both are hashed first, so that lengths are equal and the comparison takes the same time whatever was sent. */
async function sameSecret(given: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([digest(given), digest(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}

/** Whether the request bears one of these secrets; an empty one is nobody's. */
export async function holds(c: AppContext, secrets: readonly string[]): Promise<boolean> {
  const given = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
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

/** Lets through who holds the admin secret; an edge without one lets nobody through. */
export const bearer = createMiddleware<AppEnv>(async (c, next) => {
  if (!(await holds(c, [c.env.ADMIN_SECRET ?? ""]))) throw unauthorized("send the admin secret");
  await next();
});
