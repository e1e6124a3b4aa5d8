import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";

/** For which a browser need not ask again; pages come with the code, so a deployment is seen after that. */
const CACHE = "public, max-age=300";

async function sourceOf(html: string, tag: "style" | "script"): Promise<string> {
  const text = new RegExp(`<${tag}>([\\s\\S]*)</${tag}>`).exec(html)?.[1] ?? "";
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return `${tag}-src 'sha256-${btoa(String.fromCharCode(...digest))}'`;
}

/** Nothing from elsewhere is loaded; no script and no style counts but the page's own, each by its digest. */
async function policyOf(html: string): Promise<string> {
  return [
    "default-src 'none'",
    await sourceOf(html, "style"),
    await sourceOf(html, "script"),
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** A page that is one file, with its policy. */
export function page(html: string): Hono<AppEnv> {
  let policy: Promise<string> | undefined;
  return new Hono<AppEnv>().get("/", async (c) => {
    policy ??= policyOf(html);
    return c.html(html, 200, { "cache-control": CACHE, "content-security-policy": await policy });
  });
}

export const script = (text: string): Hono<AppEnv> =>
  new Hono<AppEnv>().get("/", (c) =>
    c.body(text, 200, { "cache-control": CACHE, "content-type": "text/javascript; charset=utf-8" }),
  );
