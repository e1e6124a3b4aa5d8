import { exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { ErrorAnswer, Health, LineAnswer, Release } from "#contracts/http.ts";
import { coldEdge, freshStores, MODEL, pointerTo, releasedEdge, upload } from "./test-support/harness.ts";

beforeEach(freshStores);

describe("every answer", () => {
  it("has a request id, the caller's own where it is one, and the model", async () => {
    const edge = await releasedEdge();
    const first = await edge.request("/api/health");
    expect(first.headers.get("x-request-id")).toMatch(/^[\w-]{36}$/);
    expect(first.headers.get("x-model")).toBe(edge.sha256);
    const own = await edge.request("/nowhere", { headers: { "x-request-id": "mine-1" } });
    expect(own.headers.get("x-request-id")).toBe("mine-1");
    expect(own.headers.get("x-model")).toBe(edge.sha256);
    const unusable = await edge.request("/nowhere", { headers: { "x-request-id": "not an id" } });
    expect(unusable.headers.get("x-request-id")).not.toBe("not an id");
  });

  it.each(["/nowhere", "/api", "/api/classify/x", "/api/lines"])(
    "to a path that is not there (%s) is 404",
    async (path) => {
      const response = await coldEdge().request(path);
      expect(response.status).toBe(404);
      expect(ErrorAnswer.parse(await response.json()).error.name).toBe("NotFound");
    },
  );

  it.each([
    ["GET", "/api/classify", "POST"],
    ["PUT", "/api/feedback", "POST"],
    ["POST", "/api/health", "GET"],
    ["DELETE", "/api/lines/1", "GET"],
    ["POST", "/", "GET"],
  ])("to a method that a path does not take (%s %s) is 405", async (method, path, allow) => {
    const response = await coldEdge().request(path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe(allow);
    expect(ErrorAnswer.parse(await response.json()).error.name).toBe("MethodNotAllowed");
  });
});

describe("GET /api/health", () => {
  it("says what is served", async () => {
    const edge = await releasedEdge();
    const response = await edge.request("/api/health");
    expect(response.status).toBe(200);
    expect(Health.parse(await response.json())).toMatchObject({
      ok: true,
      model: edge.sha256,
      epoch: 1,
      version: "v1.0.1",
      loaded: true,
      fallback: false,
    });
  });

  it("is well with the bundled model alone, and not without any", async () => {
    const bundled = await coldEdge(MODEL.buffer).request("/api/health");
    expect(bundled.status).toBe(200);
    expect(Health.parse(await bundled.json())).toMatchObject({ ok: true, fallback: true, loaded: false, epoch: 0 });
    const none = await coldEdge().request("/api/health");
    expect(none.status).toBe(503);
    expect(Health.parse(await none.json())).toMatchObject({ ok: false, model: null });
  });
});

describe("GET /api/release", () => {
  it("is empty before the first release", async () => {
    const response = await coldEdge().request("/api/release");
    expect(Release.parse(await response.json())).toEqual({ epoch: 0, current: null });
  });

  it("says what serves, and whom", async () => {
    const edge = coldEdge();
    const sha256 = await upload(MODEL);
    const previous = { sha256: "d".repeat(64), version: "v0" };
    await edge.putPointer(pointerTo(sha256, 3, { previous }), 0);
    const response = await edge.request("/api/release?userId=somebody");
    const current = { sha256, version: "v1.0.3" };
    expect(Release.parse(await response.json())).toEqual({ epoch: 3, current, previous, bucketOf: "current" });
  });
});

describe("GET /api/lines/:id", () => {
  it("gives a line's reading in the language asked for", async () => {
    const edge = await releasedEdge();
    const japanese = LineAnswer.parse(await (await edge.request("/api/lines/2")).json());
    expect(japanese).toMatchObject({ id: 2, lang: "ja", hexagram: 1, position: 2, shin: "真2" });
    const english = LineAnswer.parse(await (await edge.request("/api/lines/2?lang=en")).json());
    expect(english).toMatchObject({ lang: "en", shin: "truth 2", hen: "変2" });
  });

  it.each([
    ["/api/lines/0", 400],
    ["/api/lines/385", 400],
    ["/api/lines/two", 400],
    ["/api/lines/1?lang=fr", 400],
    ["/api/lines/384", 404],
  ])("answers %s with %i", async (path, status) => {
    expect((await (await releasedEdge()).request(path)).status).toBe(status);
  });
});

describe("pages", () => {
  it("serves the question page without anything from elsewhere", async () => {
    const response = await coldEdge().request("/");
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    const html = await response.text();
    expect(html).toContain('lang="ja"');
    expect(html).not.toMatch(/(?:src|href)="https?:/);
  });

  it("is what the Worker exports", async () => {
    const response = await exports.default.fetch("https://edge.test/api/release");
    expect(await response.json()).toEqual({ epoch: 0, current: null });
  });
});
