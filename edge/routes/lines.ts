import { Hono } from "hono";
import { z } from "zod";
import { Language } from "#contracts/event.ts";
import type { LineAnswer } from "#contracts/http.ts";
import { type AppEnv, waitUntilOf } from "../app-env.ts";
import { HttpError } from "../http-error.ts";
import { parse } from "../read-json.ts";
import { show } from "../readings.ts";
import { revalidated } from "../revalidated.ts";
import { demandReadings } from "../serving.ts";

const Request = z.object({ id: z.coerce.number().int().min(1).max(384), lang: Language.default("ja") });

export const lines = new Hono<AppEnv>().get("/:id", async (c) => {
  const { id, lang } = parse(Request, { id: c.req.param("id"), lang: c.req.query("lang") });
  const { sha256, readings } = await demandReadings(c.var.isolate, c.env, waitUntilOf(c));
  const reading = readings.get(id);
  if (reading === undefined) throw new HttpError(404, "ReadingNotFound", "this line's reading is not released");
  return revalidated(c, `${sha256}-${lang}`, () => c.json({ id, lang, ...show(reading, lang) } satisfies LineAnswer));
});
