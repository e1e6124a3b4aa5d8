import { Hono } from "hono";
import type { ErrorAnswer } from "#contracts/http.ts";
import type { AppEnv } from "./app-env.ts";
import fallbackBytes from "./fallback/model.bin";
import { HttpError } from "./http-error.ts";
import { createIsolate } from "./isolate.ts";
import { admin } from "./routes/admin.ts";
import { classify } from "./routes/classify.ts";
import { feedback } from "./routes/feedback.ts";
import { health } from "./routes/health.ts";
import { hexagrams } from "./routes/hexagrams.ts";
import { lines } from "./routes/lines.ts";
import { openapi } from "./routes/openapi.ts";
import { page } from "./routes/page.ts";
import { release } from "./routes/release.ts";
import { users } from "./routes/users.ts";

/** Every path that exists, with the methods it takes: another method is a 405, another path a 404. */
const METHODS: Record<string, string> = {
  "/": "GET",
  "/openapi.json": "GET",
  "/api/classify": "POST",
  "/api/feedback": "POST",
  "/api/health": "GET",
  "/api/release": "GET",
  "/api/lines/:id": "GET",
  "/admin/events": "GET",
  "/admin/pointer": "GET, PUT",
  "/admin/exposure": "GET, DELETE",
  "/api/hexagrams": "GET",
  "/api/users/:userId": "DELETE",
  "/admin/warm": "POST",
  "/admin/mode": "GET, POST",
  "/admin/users/:userId/token": "POST",
  "/admin/metrics": "GET",
};

/** On every answer that does not say otherwise: what is JSON is not run, framed, guessed at or told of elsewhere. */
const SECURITY = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
};

const REQUEST_ID = /^[\w-]{1,64}$/;

/** The edge as an isolate runs it. What it remembers between requests begins here, empty. */
export function createEdge(bundledModel: ArrayBuffer): Hono<AppEnv> {
  const isolate = createIsolate(bundledModel);
  const edge = new Hono<AppEnv>();

  edge.use(async (c, next) => {
    isolate.startedAt ??= Date.now();
    const given = c.req.header("x-request-id") ?? "";
    const requestId = REQUEST_ID.test(given) ? given : crypto.randomUUID();
    c.set("isolate", isolate);
    c.set("model", isolate.lastServed?.sha256 ?? "none");
    await next();
    c.header("x-request-id", requestId);
    c.header("x-model", c.var.model);
    for (const [name, value] of Object.entries(SECURITY)) if (!c.res.headers.has(name)) c.header(name, value);
    isolate.counters.add("haqei_edge_requests_total", `route="${c.req.routePath}",status="${c.res.status}"`);
  });

  edge.route("/", page);
  edge.route("/openapi.json", openapi);
  edge.route("/api/classify", classify);
  edge.route("/api/feedback", feedback);
  edge.route("/api/health", health);
  edge.route("/api/release", release);
  edge.route("/api/lines", lines);
  edge.route("/api/hexagrams", hexagrams);
  edge.route("/api/users", users);
  edge.route("/admin", admin);

  for (const [path, allow] of Object.entries(METHODS)) {
    edge.all(path, () => {
      throw new HttpError(405, "MethodNotAllowed", `this path takes ${allow}`, { headers: { allow } });
    });
  }
  edge.notFound((c) => {
    const answer: ErrorAnswer = { error: { name: "NotFound", message: `there is nothing at ${c.req.path}` } };
    return c.json(answer, 404);
  });
  edge.onError((error, c) => {
    if (error instanceof HttpError) return c.json(error.answer(), error.status, error.headers);
    console.error("a request failed", error);
    const answer: ErrorAnswer = { error: { name: "InternalError", message: "the edge failed; the log says why" } };
    return c.json(answer, 500);
  });
  return edge;
}

export default createEdge(fallbackBytes);
