const METHODS = "GET, POST, DELETE";
const HEADERS = "authorization, content-type, if-none-match, x-request-id";
const EXPOSED = "etag, retry-after, x-model, x-request-id";
/** How long a browser need not ask again. */
const MAX_AGE_SECONDS = "86400";
/** What other origins may ask for: never an admin route. */
const OPEN = ["/api/", "/client.js"];

/**
 * Answers a request of another origin's page where `CORS_ORIGINS` names it (separated by spaces; none by default). Others are answered without
 * the headers, so that their browsers keep the answer from them. No answer depends on a cookie; credentials are allowed because
 * beacons send them.
 */
export async function acrossOrigins(
  request: Request,
  env: Pick<Env, "CORS_ORIGINS">,
  answer: () => Response | Promise<Response>,
): Promise<Response> {
  const origin = request.headers.get("origin");
  if (origin === null) return answer();
  const { pathname } = new URL(request.url);
  const allowed = OPEN.some((open) => pathname.startsWith(open)) && env.CORS_ORIGINS.split(" ").includes(origin);
  const asksFirst = request.method === "OPTIONS" && request.headers.has("access-control-request-method");
  const answered = asksFirst && allowed ? new Response(null, { status: 204 }) : await answer();
  const response = new Response(answered.body, answered);
  response.headers.append("vary", "origin");
  if (!allowed) return response;
  response.headers.set("access-control-allow-origin", origin);
  response.headers.set("access-control-allow-credentials", "true");
  response.headers.set("access-control-expose-headers", EXPOSED);
  if (!asksFirst) return response;
  response.headers.set("access-control-allow-methods", METHODS);
  response.headers.set("access-control-allow-headers", HEADERS);
  response.headers.set("access-control-max-age", MAX_AGE_SECONDS);
  return response;
}
