import { createMiddleware } from "hono/factory";
import { parseTraceparent, TRACEPARENT } from "#contracts/trace.ts";
import type { AppEnv } from "./app-env.ts";
import { audit } from "./audit.ts";
import { unauthorized } from "./bearer.ts";
import { HttpError } from "./http-error.ts";
import { operatorOf, scopeOf } from "./operators.ts";

/** A path as it is written down: whom it is about is nobody's business. */
const withoutUser = (path: string): string => path.replace(/\/users\/[^/]+/, "/users/:userId");

/** Lets through who holds a token with the scope that the route wants; what is more than a look is written down first. */
export const authorised = createMiddleware<AppEnv>(async (c, next) => {
  const operator = await operatorOf(c);
  if (operator === undefined) throw unauthorized("send the admin secret or an operator's token");
  const scope = scopeOf(c.req.method, c.req.path);
  if (!operator.scopes.includes(scope)) {
    throw new HttpError(403, "Forbidden", `this wants the scope ${scope}: ask whoever keeps the operators' tokens`);
  }
  c.set("operator", operator.name);
  if (scope === "read") return next();
  const trace = parseTraceparent(c.req.header(TRACEPARENT) ?? "")?.traceId;
  const done = await audit(c.env, operator.name, `${c.req.method} ${withoutUser(c.req.path)}`, trace);
  await next();
  c.executionCtx.waitUntil(done(c.res.status).catch((error: unknown) => console.error("an action's end", error)));
});
