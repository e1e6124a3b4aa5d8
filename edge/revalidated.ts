import type { AppContext } from "./app-env.ts";

/** Readings change with a release: a browser keeps them for minutes, and then asks whether they are the same. */
const CACHE = "public, max-age=300, stale-while-revalidate=86400";

/** Answers 304 where the client holds what bears this tag, else by `answer`. Tags are compared weakly (RFC 9110, § 13.1.2). */
export function revalidated(c: AppContext, tag: string, answer: () => Response): Response {
  const etag = `"${tag}"`;
  c.header("etag", etag);
  c.header("cache-control", CACHE);
  const held = (c.req.header("if-none-match") ?? "").split(",").map((one) => one.trim().replace(/^W\//, ""));
  return held.includes(etag) || held.includes("*") ? c.body(null, 304) : answer();
}
