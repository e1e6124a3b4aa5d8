import { Hono } from "hono";
import type { ErrorAnswer } from "#contracts/http.ts";
import type { AppEnv } from "./app-env.ts";
import { acrossOrigins } from "./cross-origin.ts";
import fallbackBytes from "./fallback/model.bin";
import { HttpError } from "./http-error.ts";
import { createIsolate } from "./isolate.ts";
import { METHODS, versioned } from "./operations.ts";
import askHtml from "./page/built/ask.html";
import clientJs from "./page/built/client.js.txt";
import dashboardHtml from "./page/built/dashboard.html";
import { admin } from "./routes/admin.ts";
import { classify } from "./routes/classify.ts";
import { feedback } from "./routes/feedback.ts";
import { health } from "./routes/health.ts";
import { hexagrams } from "./routes/hexagrams.ts";
import { lines } from "./routes/lines.ts";
import { openapi } from "./routes/openapi.ts";
import { page, script } from "./routes/page.ts";
import { release } from "./routes/release.ts";
import { users } from "./routes/users.ts";

/** On every answer that does not say otherwise: what is JSON is not run, framed, guessed at or told of elsewhere. */
const SECURITY = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
};

/** What anybody may ask for; also there under its version. */
const API = {
  "/api/classify": classify,
  "/api/feedback": feedback,
  "/api/health": health,
  "/api/release": release,
  "/api/lines": lines,
  "/api/hexagrams": hexagrams,
  "/api/users": users,
};

const REQUEST_ID = /^[\w-]{1,64}$/;

/** The Worker as the runtime calls it, and what it routes. */
export interface Edge {
  fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response>;
  routes: readonly { method: string; path: string }[];
}

/** The edge as an isolate runs it. What it remembers between requests begins here, empty. */
export function createEdge(bundledModel: ArrayBuffer): Edge {
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

  edge.route("/", page(askHtml));
  edge.route("/dashboard", page(dashboardHtml));
  edge.route("/client.js", script(clientJs));
  edge.route("/openapi.json", openapi);
  for (const [path, route] of Object.entries(API)) {
    edge.route(path, route);
    edge.route(versioned(path), route);
  }
  edge.route("/admin", admin);
  for (const [path, allow] of METHODS) {
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
  return {
    routes: edge.routes.map(({ method, path }) => ({ method, path })),
    fetch: (request, env, context) => acrossOrigins(request, env, () => edge.fetch(request, env, context)),
  };
}

export default createEdge(fallbackBytes);
