import { Hono } from "hono";
import type { ErrorAnswer } from "#contracts/http.ts";
import { type AppEnv, waitUntilOf } from "./app-env.ts";
import { acrossOrigins } from "./cross-origin.ts";
import { failureOf } from "./failure.ts";
import dictionaryBytes from "./fallback/dictionary.bin";
import fallbackBytes from "./fallback/model.bin";
import { requestIdOf, SECURITY } from "./headers.ts";
import { HttpError } from "./http-error.ts";
import { createIsolate, type Isolate } from "./isolate.ts";
import { METHODS, versioned } from "./operations.ts";
import askHtml from "./page/built/ask.html";
import clientJs from "./page/built/client.js.txt";
import dashboardHtml from "./page/built/dashboard.html";
import { drain } from "./queue.ts";
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
import { OPERATORS } from "./watched-stores.ts";

/** What anybody may ask for, beside the one question; also there under its version. */
const API = {
  "/api/feedback": feedback,
  "/api/health": health,
  "/api/release": release,
  "/api/lines": lines,
  "/api/hexagrams": hexagrams,
  "/api/users": users,
};

const QUERY_PATH = "/api/classify";
const QUERY_PATHS = [QUERY_PATH, versioned(QUERY_PATH)];

/** Whether a request asks the one question that is asked most: it does not go through the router. */
function isQuery({ method, url }: Request): boolean {
  if (method !== "POST") return false;
  const path = url.indexOf("/", url.indexOf("//") + 2);
  return QUERY_PATHS.some((asked) => {
    const end = path + asked.length;
    return url.startsWith(asked, path) && (url.length === end || url[end] === "?");
  });
}

const isForOperators = ({ url }: Request): boolean => new URL(url).pathname.startsWith(`${OPERATORS}/`);

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

/** The Worker as the runtime calls it. */
export interface Edge {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response>;
  /** Every route there is, such as `GET /api/health`. */
  routes: readonly string[];
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
    const { status, answer, headers } = failureOf(error);
    return c.json(answer, status, headers);
  });
  const routed = edge.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`);
  return {
    routes: [...QUERY_PATHS.map((path) => `POST ${path}`), ...routed],
    fetch(request, env, context) {
      isolate.startedAt ??= Date.now();
      const answer = () =>
        isQuery(request)
          ? answerQuery(isolate, request, isolate.watch(env), context)
          : edge.fetch(request, isolate.watch(env, isForOperators(request) ? OPERATORS : undefined), context);
      return request.headers.has("origin") ? acrossOrigins(request, env, answer) : answer();
    },
  };
}

const { fetch } = createEdge(fallbackBytes, dictionaryBytes);
export default { fetch, queue: drain } satisfies ExportedHandler<Env>;
