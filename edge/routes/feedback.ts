import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import { logFeedback } from "../log.ts";
import { limited } from "../rate-limit.ts";
import { readJson } from "../read-json.ts";

const BODY_LIMIT = 1_048_576;

export const feedback = new Hono<AppEnv>().post("/", limited, async (c) => {
  const address = c.req.header("cf-connecting-ip");
  const answer = await logFeedback(c.env, c.var.isolate.writing, await readJson(c.req.raw, BODY_LIMIT), address);
  const count = (outcome: string, by: number) =>
    c.var.isolate.counters.add("haqei_edge_feedback_total", `outcome="${outcome}"`, by);
  count("accepted", answer.accepted);
  if (answer.queued !== undefined) count("queued", answer.queued);
  count("duplicate", answer.duplicates);
  count("rejected", answer.rejected.length);
  return c.json(answer, 202);
});
