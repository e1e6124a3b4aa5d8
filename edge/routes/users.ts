import { Hono } from "hono";
import { type ErasureAnswer, PersonId } from "#contracts/http.ts";
import type { AppEnv } from "../app-env.ts";
import { audit } from "../audit.ts";
import { holds, unauthorized } from "../bearer.ts";
import { eraseUser, userToken } from "../erasure.ts";
import { operatorOf } from "../operators.ts";
import { limited } from "../rate-limit.ts";
import { parse } from "../read-json.ts";

export const users = new Hono<AppEnv>().delete("/:userId", limited, async (c) => {
  const userId = parse(PersonId, c.req.param("userId"), "userId");
  const [isUser, operator] = await Promise.all([holds(c, [userToken(c.env, userId)]), operatorOf(c)]);
  const mayErase = operator?.scopes.includes("users") === true;
  if (!isUser && !mayErase) throw unauthorized("send the user's token or the admin secret");
  const done = await audit(c.env, isUser ? "the user" : (operator?.name ?? ""), "DELETE /api/users/:userId");
  const deleted = await eraseUser(c.env, userId);
  await done(202);
  return c.json({ deleted } satisfies ErasureAnswer, 202);
});
