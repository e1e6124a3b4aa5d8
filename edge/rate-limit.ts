import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./app-env.ts";
import { HttpError } from "./http-error.ts";

/** The binding's period (`wrangler.jsonc`): after it everybody may ask again. */
const PERIOD_SECONDS = 60;

/**
 * Lets a client through as often as the binding allows, in this place and about. Without the binding, or without an address to
 * tell clients by, as on one machine, nobody is limited; nor where the binding fails.
 *
 * @throws HttpError 429
 */
export async function refuseTooMany(env: Env, request: Request): Promise<void> {
  const limiter = env.RATE_LIMIT as RateLimit | undefined;
  if (limiter === undefined) return;
  const client = request.headers.get("cf-connecting-ip");
  if (client === null) return;
  const { success } = await limiter.limit({ key: client }).catch((error: unknown) => {
    console.warn("the rate limit does not answer", error);
    return { success: true };
  });
  if (!success) {
    throw new HttpError(429, "TooManyRequests", `too many requests: ask again in ${PERIOD_SECONDS} seconds`, {
      headers: { "retry-after": String(PERIOD_SECONDS) },
    });
  }
}

/** `refuseTooMany` before a route. */
export const limited = createMiddleware<AppEnv>(async (c, next) => {
  await refuseTooMany(c.env, c.req.raw);
  await next();
});
