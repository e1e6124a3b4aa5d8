import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { ClassifyAnswer, ErrorAnswer } from "#contracts/http.ts";
import { createEdge } from "./index.ts";
import { METHODS, OPERATIONS, versioned } from "./operations.ts";
import { coldEdge, freshStores, NO_MODEL, releasedEdge, TEXTS } from "./test-support/harness.ts";

beforeEach(freshStores);

describe("the document", () => {
  it("names every route of the app, and the app has every route of the document", async () => {
    const document = await (await coldEdge().request("/openapi.json")).json<{ paths: Record<string, object> }>();
    const routed = createEdge(NO_MODEL).routes.map((route) =>
      route.replace(/(.)\/$/, (_, before) => (before === " " ? " /" : before)),
    );
    const described = Object.entries(OPERATIONS).flatMap(([path, methods]) =>
      Object.keys(methods).flatMap((method) =>
        [...new Set([path, versioned(path)])].map(
          (one) => `${method.toUpperCase()} ${one.replace(/\{(\w+)\}/g, ":$1")}`,
        ),
      ),
    );
    expect(new Set(routed)).toEqual(new Set(described));
    for (const path of Object.keys(OPERATIONS)) {
      expect(document.paths).toHaveProperty([path]);
      expect(document.paths).toHaveProperty([versioned(path)]);
    }
    expect(document.paths["/api/v1/lines/{id}"]).toEqual({ $ref: "#/paths/~1api~1lines~1{id}" });
    expect(JSON.stringify(document)).toContain('"maxLength":2000');
  });

  it("says of every admin route, and of no other, that it wants a token; and they do", async () => {
    for (const [path, methods] of Object.entries(OPERATIONS)) {
      for (const [method, { admin }] of Object.entries(methods)) {
        expect(admin === true, path).toBe(path.startsWith("/admin/"));
        if (!admin) continue;
        const asked = path.replace(/\{\w+\}/, "anna");
        expect((await coldEdge().request(asked, { method: method.toUpperCase() })).status, asked).toBe(401);
      }
    }
  });
});

describe("errors that every client meets", () => {
  const body = (path: string, init: RequestInit) => coldEdge().request(path, { method: "POST", ...init });
  const json = { "content-type": "application/json" };

  it.each([
    ["405", "/api/v1/classify", { method: "GET" }, "MethodNotAllowed"],
    ["404", "/api/v2/classify", { method: "POST" }, "NotFound"],
    ["415", "/api/v1/classify", { body: "text=a", headers: { "content-type": "text/plain" } }, "UnsupportedMediaType"],
    ["413", "/api/classify", { body: JSON.stringify({ text: "あ".repeat(2001) }), headers: json }, "TextTooLong"],
    ["413", "/api/classify", { body: " ".repeat(20_000), headers: json }, "BodyTooLarge"],
    ["413", "/api/feedback", { body: " ".repeat(1_100_000), headers: json }, "BodyTooLarge"],
    ["400", "/api/feedback", { body: "[]", headers: json }, "InvalidRequest"],
    ["400", "/api/classify", { body: "{", headers: json }, "InvalidJson"],
  ])("%s at %s", async (status, path, init, name) => {
    const response = await body(path, init);
    expect(response.status).toBe(Number(status));
    expect(ErrorAnswer.parse(await response.json()).error.name).toBe(name);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("x-request-id")).toBeTruthy();
  });

  it("are 405 for every other method of every path", async () => {
    for (const [path, allow] of METHODS) {
      const asked = path.replace(":id", "1").replace(":userId", "anna");
      for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH"].filter((one) => !allow.includes(one))) {
        const headers = { authorization: `Bearer ${env.ADMIN_SECRET}` };
        const response = await coldEdge().request(asked, { method, headers });
        expect([method, asked, response.status]).toEqual([method, asked, 405]);
        expect(response.headers.get("allow")).toBe(allow);
      }
    }
  });
});

describe("the version in a path", () => {
  it("changes nothing", async () => {
    const edge = await releasedEdge();
    const [plain, named] = await Promise.all(
      ["/api/classify", "/api/v1/classify"].map(async (path) =>
        ClassifyAnswer.parse(await (await edge.post(path, { text: TEXTS[0] })).json()),
      ),
    );
    expect(named?.predictions).toEqual(plain?.predictions);
    expect((await edge.request("/api/v1/lines/2")).status).toBe(200);
    expect((await edge.post("/api/v1/feedback", { events: [] })).status).toBe(400);
  });
});

describe("readings", () => {
  it.each(["/api/hexagrams?lang=en", "/api/v1/lines/2"])(
    "are kept by browsers and asked for again (%s)",
    async (path) => {
      const edge = await releasedEdge();
      const first = await edge.request(path);
      const etag = first.headers.get("etag") as string;
      expect(first.headers.get("cache-control")).toContain("max-age=300");
      for (const held of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
        const again = await edge.request(path, { headers: { "if-none-match": held } });
        expect([again.status, await again.text()]).toEqual([304, ""]);
        expect(again.headers.get("etag")).toBe(etag);
      }
      const other = await edge.request(path, { headers: { "if-none-match": '"other"' } });
      expect(other.status).toBe(200);
    },
  );

  it("have another tag in another language", async () => {
    const edge = await releasedEdge();
    const tags = await Promise.all(
      ["ja", "en"].map(async (lang) => (await edge.request(`/api/lines/2?lang=${lang}`)).headers.get("etag")),
    );
    expect(tags[0]).not.toBe(tags[1]);
  });
});

describe("pages of other origins", () => {
  const OURS = "https://app.example";
  const edge = () => coldEdge(NO_MODEL, { CORS_ORIGINS: `https://one.example ${OURS}` });
  const from = (origin: string, more: RequestInit = {}) => ({ ...more, headers: { origin, ...more.headers } });
  const preflight = { method: "OPTIONS", headers: { "access-control-request-method": "POST" } };

  it("may ask where they are named", async () => {
    const asks = await edge().request("/api/v1/classify", from(OURS, preflight));
    expect(asks.status).toBe(204);
    expect(asks.headers.get("access-control-allow-origin")).toBe(OURS);
    expect(asks.headers.get("access-control-allow-headers")).toContain("content-type");
    const answer = await edge().request("/api/release", from(OURS));
    expect(answer.headers.get("access-control-allow-origin")).toBe(OURS);
    expect(answer.headers.get("vary")).toContain("origin");
    expect((await edge().request("/client.js", from(OURS))).headers.get("access-control-allow-origin")).toBe(OURS);
  });

  it.each(["https://evil.example", "null", "https://app.example.evil.example", "*", ""])(
    "may not where they are not (%s)",
    async (origin) => {
      const asks = await edge().request("/api/classify", from(origin, preflight));
      expect(asks.status).toBe(405);
      for (const response of [asks, await edge().request("/api/release", from(origin))]) {
        expect(response.headers.get("access-control-allow-origin")).toBeNull();
      }
    },
  );

  it("may never ask for what is the operators', nor where nobody is named", async () => {
    const admin = await edge().request("/admin/metrics", from(OURS));
    expect(admin.headers.get("access-control-allow-origin")).toBeNull();
    const byDefault = await coldEdge().request("/api/release", from(OURS));
    expect(byDefault.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("the policy of a page", () => {
  it.each(["/", "/dashboard"])("lets run and be styled what stands in it, and nothing else (%s)", async (path) => {
    const response = await coldEdge().request(path);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    const html = await response.text();
    for (const tag of ["style", "script"]) {
      const [text, ...more] = [...html.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, "g"))].map(
        ([, one]) => one,
      );
      expect(more).toEqual([]);
      expect(text?.length).toBeGreaterThan(1000);
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
      expect(policy).toContain(`${tag}-src 'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`);
    }
    expect(html).not.toMatch(/ style="| on\w+="|(?:src|href)="https?:/);
  });
});
