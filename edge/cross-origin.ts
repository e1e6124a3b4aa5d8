import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./app-env.ts";

const METHODS = "GET, POST, DELETE";
const HEADERS = "authorization, content-type, if-none-match, x-request-id";
const EXPOSED = "etag, retry-after, x-model, x-request-id";
/** How long a browser need not ask again. */
const MAX_AGE_SECONDS = "86400";

/**
 * Pages of other origins may ask where `CORS_ORIGINS` names theirs (separated by spaces; none by default). Others are answered without the
 * headers, so that their browsers keep the answer from them. No answer depends on a cookie; credentials are allowed because beacons send them.
 */
export const crossOrigin = createMiddleware<AppEnv>(async (c, next) => {
  const origin = c.req.header("origin");
  if (origin === undefined) return next();
  const allowed = c.env.CORS_ORIGINS.split(" ").includes(origin);
  const asksFirst = c.req.method === "OPTIONS" && c.req.header("access-control-request-method") !== undefined;
  if (asksFirst && allowed) c.res = new Response(null, { status: 204 });
  else await next();
  c.header("vary", "origin", { append: true });
  if (!allowed) return;
  c.header("access-control-allow-origin", origin);
  c.header("access-control-allow-credentials", "true");
  c.header("access-control-expose-headers", EXPOSED);
  if (!asksFirst) return;
  c.header("access-control-allow-methods", METHODS);
  c.header("access-control-allow-headers", HEADERS);
  c.header("access-control-max-age", MAX_AGE_SECONDS);
});
