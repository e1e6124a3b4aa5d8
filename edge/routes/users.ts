import { Hono } from "hono";
import { type ErasureAnswer, PersonId } from "#contracts/http.ts";
import type { AppEnv } from "../app-env.ts";
import { holds, unauthorized } from "../bearer.ts";
import { eraseUser, userToken } from "../erasure.ts";
import { limited } from "../rate-limit.ts";
import { parse } from "../read-json.ts";

export const users = new Hono<AppEnv>().delete("/:userId", limited, async (c) => {
  const userId = parse(PersonId, c.req.param("userId"), "userId");
  const allowed = [userToken(c.env, userId), c.env.ADMIN_SECRET ?? ""];
  if (!(await holds(c, allowed))) throw unauthorized("send the user's token or the admin secret");
  return c.json({ deleted: await eraseUser(c.env, userId) } satisfies ErasureAnswer, 202);
});
