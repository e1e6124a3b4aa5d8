import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import html from "../page/index.html";

/** Nothing from elsewhere is loaded, and nothing that a text holds is run. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'";

export const page = new Hono<AppEnv>().get("/", (c) =>
  c.html(html, 200, {
    "cache-control": "public, max-age=300",
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  }),
);
