import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { AuditAnswer } from "#contracts/status.ts";
import { hex } from "./keys.ts";
import { scopeOf } from "./operators.ts";
import { ADMIN, coldEdge, freshStores, NO_MODEL } from "./test-support/harness.ts";

beforeEach(freshStores);

const sha256 = async (text: string) =>
  hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));

async function edgeWith(operators: unknown) {
  const edge = coldEdge(NO_MODEL, { OPERATORS: typeof operators === "string" ? operators : JSON.stringify(operators) });
  const as = (token: string, path: string, method = "GET", body?: unknown) =>
    edge.request(path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const trail = async () =>
    AuditAnswer.parse(await (await edge.admin("/admin/audit")).json()).actions.map(
      ({ at: _, trace: __, ...rest }) => rest,
    );
  return { as, trail };
}
const mio = async (scopes: string[]) => [{ name: "mio", sha256: await sha256("mio's token"), scopes }];
const NORMAL = { mode: "normal", reason: "mended" };

describe("operators", () => {
  it("do what their scopes allow, and it is written down who did it", async () => {
    const { as, trail } = await edgeWith(await mio(["read", "operate"]));
    expect((await as("mio's token", "/admin/metrics")).status).toBe(200);
    expect((await as("mio's token", "/admin/mode", "POST", NORMAL)).status).toBe(200);
    expect((await as("mio's token", "/admin/mode", "POST", {})).status).toBe(400);
    const refused = await as("mio's token", "/admin/pointer", "PUT", {});
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ error: { name: "Forbidden" } });
    await as(env.ADMIN_SECRET, "/admin/users/anna/token", "POST");
    expect(await trail()).toEqual([
      { operator: "admin", action: "POST /admin/users/:userId/token", status: 200 },
      { operator: "mio", action: "POST /admin/mode", status: 400 },
      { operator: "mio", action: "POST /admin/mode", status: 200 },
    ]);
  });

  it("leave the trace that they acted in, where there is one", async () => {
    const edge = coldEdge(NO_MODEL);
    const act = (traceparent: string) =>
      edge.request("/admin/mode", {
        method: "POST",
        headers: { ...ADMIN, "content-type": "application/json", ...(traceparent ? { traceparent } : {}) },
        body: JSON.stringify(NORMAL),
      });
    for (const traceparent of [`00-${"a".repeat(32)}-${"b".repeat(16)}-01`, "<script>", ""]) await act(traceparent);
    const { actions } = AuditAnswer.parse(await (await edge.admin("/admin/audit")).json());
    expect(actions.map(({ trace }) => trace)).toEqual([null, null, "a".repeat(32)]);
  });

  it("are not let in by another's token, by a digest, or by a secret that is no list", async () => {
    const operators = await mio(["read"]);
    const { as } = await edgeWith(operators);
    for (const token of ["mio", "mio's tokem", operators[0]?.sha256 ?? "", ""])
      expect((await as(token, "/admin/metrics")).status).toBe(401);
    for (const broken of ["{", "{}", '[{"name":"x"}]']) {
      const { as: other } = await edgeWith(broken);
      expect((await other("x", "/admin/metrics")).status).toBe(401);
      expect((await other(env.ADMIN_SECRET, "/admin/metrics")).status).toBe(200);
    }
  });

  it("delete a user's events with the scope for it, which is written down without the user", async () => {
    const { as, trail } = await edgeWith([
      ...(await mio(["read"])),
      { name: "ren", sha256: await sha256("ren's token"), scopes: ["users"] },
    ]);
    expect((await as("mio's token", "/api/users/anna", "DELETE")).status).toBe(401);
    expect((await as("ren's token", "/api/users/anna", "DELETE")).status).toBe(202);
    expect(await trail()).toEqual([{ operator: "ren", action: "DELETE /api/users/:userId", status: 202 }]);
  });

  it("do nothing that cannot be written down", async () => {
    const LOG = { prepare: () => ({ bind: () => ({ first: () => Promise.reject(new Error("full")) }) }) };
    const put = () => Promise.reject(new Error("away"));
    const edge = coldEdge(NO_MODEL, {
      LOG: LOG as unknown as D1Database,
      CACHE: { get: async () => null, put } as unknown as KVNamespace,
    });
    const response = await edge.request("/admin/mode", {
      method: "POST",
      headers: { ...ADMIN, "content-type": "application/json" },
      body: JSON.stringify(NORMAL),
    });
    expect(response.status).toBe(503);
    const { results } = await env.LOG.prepare("SELECT * FROM modes").all();
    expect(results).toEqual([]);
  });

  it("want more than to read for what nobody thought of", () => {
    expect(scopeOf("GET", "/admin/anything")).toBe("read");
    expect(scopeOf("POST", "/admin/analytics/query")).toBe("read");
    expect(scopeOf("DELETE", "/admin/anything")).toBe("operate");
    expect(scopeOf("PUT", "/admin/pointer")).toBe("release");
  });
});
