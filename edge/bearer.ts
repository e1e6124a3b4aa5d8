import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./app-env.ts";
import { HttpError } from "./http-error.ts";

const digest = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));

/** Both are hashed first, so that lengths are equal and the comparison takes the same time whatever was sent. */
async function sameSecret(given: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([digest(given), digest(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}

/** Lets through who holds the admin secret; an edge without one lets nobody through. */
export const bearer = createMiddleware<AppEnv>(async (c, next) => {
  const given = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  const expected = c.env.ADMIN_SECRET ?? "";
  if (given === undefined || expected === "" || !(await sameSecret(given, expected))) {
    throw new HttpError(401, "Unauthorized", "send the admin secret: authorization: Bearer <secret>", {
      headers: { "www-authenticate": "Bearer" },
    });
  }
  await next();
});
