import { beforeEach, describe, expect, it } from "vitest";
import { createEdge } from "./index.ts";
import { ADMIN, coldEdge, freshStores, MODEL, NO_MODEL } from "./test-support/harness.ts";

beforeEach(freshStores);

/** Who may ask for what. A route that is not here fails the first test: say who may ask for it. */
const RULES: Record<string, "everybody" | "admin" | "the user or admin"> = {
  "GET /": "everybody",
  "GET /dashboard": "everybody",
  "GET /client.js": "everybody",
  "GET /openapi.json": "everybody",
  "POST /api/classify": "everybody",
  "POST /api/feedback": "everybody",
  "GET /api/health": "everybody",
  "GET /api/release": "everybody",
  "GET /api/lines/:id": "everybody",
  "GET /api/hexagrams": "everybody",
  "DELETE /api/users/:userId": "the user or admin",
  "GET /admin/events": "admin",
  "GET /admin/erasures": "admin",
  "GET /admin/pointer": "admin",
  "PUT /admin/pointer": "admin",
  "GET /admin/exposure": "admin",
  "DELETE /admin/exposure": "admin",
  "POST /admin/warm": "admin",
  "GET /admin/mode": "admin",
  "POST /admin/mode": "admin",
  "POST /admin/users/:userId/token": "admin",
  "GET /admin/metrics": "admin",
  "GET /admin/release-status": "admin",
  "PUT /admin/release-status": "admin",
  "GET /admin/operations-status": "admin",
  "PUT /admin/operations-status": "admin",
  "GET /admin/accuracy": "admin",
  "GET /admin/audit": "admin",
  "POST /admin/analytics/query": "admin",
  "GET /admin/shadow": "admin",
  "GET /admin/shadow/counts": "admin",
  "POST /admin/shadow/labels": "admin",
};

it("has a rule for every route, and no other", () => {
  // A path is the same under its version.
  const routes = createEdge(NO_MODEL).routes.map((route) => route.replace("/api/v1/", "/api/"));
  expect([...new Set(routes)].sort()).toEqual(Object.keys(RULES).sort());
});

describe.each(Object.entries(RULES))("%s", (route, who) => {
  const [method = "", path = ""] = route.split(" ");
  const ask = async (headers: Record<string, string>) => {
    const body = method === "GET" || method === "DELETE" ? {} : { body: "{}" };
    const init = { method, headers: { "content-type": "application/json", ...headers }, ...body };
    return (await coldEdge(MODEL.buffer).request(path.replace(/:\w+/, "1"), init)).status;
  };

  it(`is for ${who}`, async () => {
    const wrong = [
      {},
      { authorization: "Bearer wrong" },
      { authorization: "Bearer " },
      { authorization: `${ADMIN.authorization}x` },
    ];
    for (const headers of wrong) {
      const status = await ask(headers as Record<string, string>);
      if (who === "everybody") expect(status).not.toBe(401);
      else expect(status).toBe(401);
    }
    expect(await ask(ADMIN)).not.toBe(401);
  });
});
