import { Hono } from "hono";
import type { ErrorAnswer } from "#contracts/http.ts";
import { type AppEnv, waitUntilOf } from "./app-env.ts";
import { failureOf } from "./failure.ts";
import dictionaryBytes from "./fallback/dictionary.bin";
import fallbackBytes from "./fallback/model.bin";
import { requestIdOf, SECURITY } from "./headers.ts";
import { HttpError } from "./http-error.ts";
import { createIsolate, type Isolate } from "./isolate.ts";
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
  "/admin/erasures": "GET",
  "/admin/pointer": "GET, PUT",
  "/api/hexagrams": "GET",
  "/api/users/:userId": "DELETE",
  "/admin/warm": "POST",
  "/admin/mode": "GET, POST",
  "/admin/users/:userId/token": "POST",
  "/admin/metrics": "GET",
  "/admin/analytics/query": "POST",
  "/admin/shadow": "GET",
  "/admin/shadow/counts": "GET",
};

/** The Worker as the runtime calls it. */
export interface Edge {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response>;
  /** Every route there is, such as `GET /api/health`. */
  routes: readonly string[];
}

const QUERY_PATH = "/api/classify";

/** Whether a request asks the one question that is asked most: it does not go through the router. */
function isQuery({ method, url }: Request): boolean {
  if (method !== "POST") return false;
  const path = url.indexOf("/", url.indexOf("//") + 2);
  const end = path + QUERY_PATH.length;
  return url.startsWith(QUERY_PATH, path) && (url.length === end || url[end] === "?");
}

async function answerQuery(isolate: Isolate, request: Request, env: Env, context: ExecutionContext): Promise<Response> {
  const waitUntil = (work: Promise<unknown>) => context.waitUntil(work);
  const own = { ...SECURITY, "content-type": "application/json", "x-request-id": requestIdOf(request) };
  try {
    const { json, model } = await classify({ request, env, isolate, waitUntil });
    isolate.flusher.due(env, isolate, waitUntil);
    return new Response(json, { headers: { ...own, "x-model": model } });
  } catch (error) {
    const { status, answer, headers } = failureOf(error);
    isolate.tally.add({ route: QUERY_PATH, status: String(status) }, { requests: 1, errors: status >= 500 ? 1 : 0 });
    isolate.flusher.due(env, isolate, waitUntil);
    const model = isolate.lastServed?.sha256 ?? "none";
    return Response.json(answer, { status, headers: { ...own, "x-model": model, ...headers } });
  }
}

/** The edge as an isolate runs it. What it remembers between requests begins here, empty. */
export function createEdge(bundledModel: ArrayBuffer, bundledDictionary = new ArrayBuffer(0)): Edge {
  const isolate = createIsolate(bundledModel, bundledDictionary);
  const edge = new Hono<AppEnv>();

  edge.use(async (c, next) => {
    const requestId = requestIdOf(c.req.raw);
    c.set("isolate", isolate);
    c.set("model", isolate.lastServed?.sha256 ?? "none");
    await next();
    c.header("x-request-id", requestId);
    c.header("x-model", c.var.model);
    for (const [name, value] of Object.entries(SECURITY)) if (!c.res.headers.has(name)) c.header(name, value);
    isolate.tally.add(
      { route: c.req.routePath, status: String(c.res.status) },
      { requests: 1, errors: c.res.status >= 500 ? 1 : 0 },
    );
    isolate.flusher.due(c.env, isolate, waitUntilOf(c));
  });

  edge.route("/", page);
  edge.route("/openapi.json", openapi);
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
    const { status, answer, headers } = failureOf(error);
    return c.json(answer, status, headers);
  });
  const routed = edge.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`);
  return {
    routes: [`POST ${QUERY_PATH}`, ...routed],
    fetch(request, env, context) {
      isolate.startedAt ??= Date.now();
      const watched = isolate.watch(env);
      return isQuery(request) ? answerQuery(isolate, request, watched, context) : edge.fetch(request, watched, context);
    },
  };
}

const { fetch } = createEdge(fallbackBytes, dictionaryBytes);
export default { fetch } satisfies ExportedHandler<Env>;
