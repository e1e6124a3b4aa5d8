import { Hono } from "hono";
import { z } from "zod";
import { Language } from "#contracts/event.ts";
import type { HexagramsAnswer } from "#contracts/http.ts";
import { type AppEnv, waitUntilOf } from "../app-env.ts";
import { parse } from "../read-json.ts";
import { type ReadingsById, show } from "../readings.ts";
import { revalidated } from "../revalidated.ts";
import { demandReadings } from "../serving.ts";

const Request = z.object({ lang: Language.default("ja") });

function hexagramsOf(readings: ReadingsById, lang: Language): HexagramsAnswer["hexagrams"] {
  const found = new Map<number, HexagramsAnswer["hexagrams"][number]>();
  for (const id of readings.ids.toSorted((a, b) => a - b)) {
    const reading = readings.get(id);
    if (reading === undefined) continue;
    const { hexagram, names, position, line, stage } = show(reading, lang);
    const entry = found.get(hexagram) ?? { hexagram, names, lines: [] };
    entry.lines.push({ id, position, line, stage });
    found.set(hexagram, entry);
  }
  return [...found.values()];
}

export const hexagrams = new Hono<AppEnv>().get("/", async (c) => {
  const { lang } = parse(Request, { lang: c.req.query("lang") });
  const { sha256, readings } = await demandReadings(c.var.isolate, c.env, waitUntilOf(c));
  return revalidated(c, `${sha256}-${lang}`, () => {
    return c.json({ lang, hexagrams: hexagramsOf(readings, lang) } satisfies HexagramsAnswer);
  });
});
