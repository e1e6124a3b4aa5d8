import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import html from "../page/index.html";

/** Nothing from elsewhere is loaded, and no script is run but the page's own. */
async function policyOf(page: string): Promise<string> {
  const script = /<script>([\s\S]*)<\/script>/.exec(page)?.[1] ?? "";
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script)));
  return [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    `script-src 'sha256-${btoa(String.fromCharCode(...digest))}'`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

let policy: Promise<string> | undefined;

export const page = new Hono<AppEnv>().get("/", async (c) => {
  policy ??= policyOf(html);
  return c.html(html, 200, { "cache-control": "public, max-age=300", "content-security-policy": await policy });
});
