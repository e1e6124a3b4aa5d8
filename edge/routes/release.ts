import { Hono } from "hono";
import type { Release } from "#contracts/http.ts";
import { assign } from "#policy/buckets.ts";
import { type AppEnv, waitUntilOf } from "../app-env.ts";

export const release = new Hono<AppEnv>().get("/", async (c) => {
  const pointer = await c.var.isolate.pointer.get(c.env, waitUntilOf(c));
  if (pointer === undefined) return c.json({ epoch: 0, current: null } satisfies Release);
  const userId = c.req.query("userId");
  const { epoch, current, canary, previous } = pointer;
  return c.json({
    epoch,
    current,
    ...(canary && { canary }),
    ...(previous && { previous }),
    ...(userId !== undefined && { bucketOf: assign(pointer, userId).bucket }),
  } satisfies Release);
});
