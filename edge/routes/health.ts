import { Hono } from "hono";
import type { Health } from "#contracts/http.ts";
import { type AppEnv, waitUntilOf } from "../app-env.ts";
import { serving } from "../serving.ts";

/** Asks just what a query would ask, so it is well where queries are answered, and warms what it finds cold. */
export const health = new Hono<AppEnv>().get("/", async (c) => {
  const { isolate } = c.var;
  const by = await serving(isolate, c.env, waitUntilOf(c)).catch(() => undefined);
  const pointer = isolate.pointer.held();
  if (by !== undefined) c.set("model", by.sha256);
  const answer: Health = {
    ok: by !== undefined,
    model: by?.sha256 ?? null,
    epoch: pointer?.epoch ?? 0,
    version: by?.version ?? null,
    loaded: by?.bucket === "current",
    fallback: by?.bucket === "fallback",
    uptimeSeconds: (Date.now() - (isolate.startedAt ?? Date.now())) / 1000,
  };
  return c.json(answer, answer.ok ? 200 : 503);
});
