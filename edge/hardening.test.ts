import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ClassifyAnswer, ErrorAnswer, HexagramsAnswer } from "#contracts/http.ts";
import { AuditAnswer } from "#contracts/status.ts";
import {
  ADMIN,
  type ColdEdge,
  coldEdge,
  freshStores,
  MODEL,
  NO_MODEL,
  releasedEdge,
  TEXTS,
} from "./test-support/harness.ts";

beforeEach(freshStores);

const ask = async (edge: Pick<ColdEdge, "post">) =>
  ClassifyAnswer.parse(await (await edge.post("/api/classify", { text: TEXTS[0] })).json());
const setMode = (edge: Pick<ColdEdge, "request">, body: object, headers: Record<string, string> = ADMIN) =>
  edge.request("/admin/mode", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

describe("POST /admin/mode", () => {
  const HOUR = 3_600_000;

  it("has the bundled model answer, everywhere, until its time or until it is taken back", async () => {
    const { sha256 } = await releasedEdge();
    const edge = coldEdge(MODEL.buffer);
    const other = coldEdge(MODEL.buffer, { POINTER_TTL_SECONDS: "-1" });
    expect((await ask(edge)).path).toBe("full");
    const until = Date.now() + HOUR;
    expect((await setMode(edge, { mode: "simple", until, reason: "bad answers" })).status).toBe(200);
    expect(await ask(edge)).toMatchObject({ path: "prior", bucket: "simple", version: "fallback", cache: "none" });
    await ask(other);
    expect(await ask(other)).toMatchObject({ bucket: "simple" });
    const health = await (await edge.request("/api/health")).json();
    expect(health).toMatchObject({ ok: true, model: sha256, fallback: false });

    const clock = vi.spyOn(Date, "now").mockReturnValue(until);
    expect(await ask(edge)).toMatchObject({ path: "cache", bucket: "current" });
    clock.mockRestore();

    expect((await setMode(edge, { mode: "normal", reason: "mended" })).status).toBe(200);
    expect(await ask(edge)).toMatchObject({ path: "cache", model: sha256 });
    const { switches } = await (await edge.admin("/admin/mode")).json<{ switches: object[] }>();
    expect(switches).toEqual([
      expect.objectContaining({ mode: "normal", until: null, reason: "mended" }),
      expect.objectContaining({ mode: "simple", until, reason: "bad answers" }),
    ]);
  });

  it("answers from the released model's prior where none is bundled", async () => {
    const edge = await releasedEdge();
    await setMode(edge, { mode: "simple", until: new Date(Date.now() + HOUR).toISOString(), reason: "test" });
    expect(await ask(edge)).toMatchObject({ path: "prior", bucket: "simple", operations: 0 });
  });

  it("is switched, and written down, while D1 is away, and nothing else is", async () => {
    await releasedEdge();
    const away = () => Promise.reject(new Error("away"));
    const statement = { bind: () => statement, first: away, all: away, run: away };
    const edge = coldEdge(MODEL.buffer, { LOG: { prepare: () => statement, batch: away } as unknown as D1Database });
    const until = Date.now() + HOUR;
    expect((await setMode(edge, { mode: "simple", until, reason: "no database" })).status).toBe(200);
    expect(await ask(edge)).toMatchObject({ bucket: "simple" });
    const switched = async (from: Pick<ColdEdge, "admin">) => (await from.admin("/admin/mode")).json();
    expect(await switched(edge)).toEqual({ switches: [expect.objectContaining({ until, reason: "no database" })] });
    const erased = await edge.request("/admin/users/somebody", { method: "DELETE", headers: ADMIN });
    expect(erased.status).toBe(503);

    const back = coldEdge(MODEL.buffer);
    expect(await switched(back)).toEqual({ switches: [expect.objectContaining({ until, reason: "no database" })] });
    const { actions } = AuditAnswer.parse(await (await back.admin("/admin/audit")).json());
    expect(actions[0]).toMatchObject({ operator: "admin", action: "POST /admin/mode", status: 200 });
    expect((await setMode(back, { mode: "normal", reason: "mended" })).status).toBe(200);
    expect(await switched(back)).toMatchObject({ switches: [{ mode: "normal" }] });
  });

  it("does not stand in the way where it cannot be looked up", async () => {
    const { sha256 } = await releasedEdge();
    const get = async (key: string, ...rest: [{ type: "json"; cacheTtl: number }]) => {
      if (key === "mode") throw new Error("away");
      return env.CACHE.get(key, ...rest);
    };
    const edge = coldEdge(NO_MODEL, { CACHE: { get } as unknown as KVNamespace });
    expect(await ask(edge)).toMatchObject({ model: sha256, path: "full" });
  });

  it.each([
    ["no time", { mode: "simple", reason: "r" }, "until"],
    ["a time that is past", { mode: "simple", until: 1, reason: "r" }, "until"],
    ["more than 7 days", { mode: "simple", until: Date.now() + 200 * HOUR, reason: "r" }, "until"],
    ["no reason", { mode: "normal" }, "reason"],
    ["another mode", { mode: "fast", reason: "r" }, "mode"],
  ])("refuses %s", async (_, body, field) => {
    const response = await setMode(coldEdge(), body);
    expect(response.status).toBe(400);
    expect(ErrorAnswer.parse(await response.json()).error.field).toBe(field);
    expect((await setMode(coldEdge(), body, {})).status).toBe(401);
  });
});

describe("the rate limit", () => {
  const asking = (bindings: Partial<Env>, headers: Record<string, string> = { "cf-connecting-ip": "192.0.2.1" }) =>
    coldEdge(MODEL.buffer, bindings).request("/api/classify", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ text: TEXTS[0] }),
    });

  it("says when to ask again, before anything is read", async () => {
    const limit = vi.fn(async () => ({ success: false }));
    const response = await asking({ RATE_LIMIT: { limit } });
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("60");
    expect(ErrorAnswer.parse(await response.json()).error.name).toBe("TooManyRequests");
    expect(limit).toHaveBeenCalledWith({ key: "192.0.2.1" });
  });

  it("lets through whom the binding lets through, and all where there is none or it fails", async () => {
    const away = vi.fn(async () => Promise.reject(new Error("away")));
    expect((await asking({ RATE_LIMIT: { limit: async () => ({ success: true }) } })).status).toBe(200);
    expect((await asking({ RATE_LIMIT: { limit: away } })).status).toBe(200);
    expect((await asking({ RATE_LIMIT: undefined as unknown as RateLimit })).status).toBe(200);
    expect((await asking({ RATE_LIMIT: { limit: async () => ({ success: false }) } }, {})).status).toBe(200);
  });
});

describe("security headers", () => {
  it.each([["/api/health"], ["/nowhere"], ["/admin/pointer"], ["/openapi.json"], ["/"]])("are on %s", async (path) => {
    const { headers } = await coldEdge().request(path);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("strict-transport-security")).toContain("max-age=");
    const policy = headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("script-src 'unsafe");
  });
});

describe("GET /api/hexagrams", () => {
  it("lists lines in the language asked for", async () => {
    const edge = await releasedEdge();
    const answer = HexagramsAnswer.parse(await (await edge.request("/api/hexagrams?lang=en")).json());
    expect(answer.lang).toBe("en");
    expect(answer.hexagrams).toEqual([
      {
        hexagram: 1,
        names: { ja: "乾為天", en: "Initiative", zh: "乾为天" },
        lines: [1, 2, 3].map((id) => ({ id, position: id, line: `第${id}`, stage: "力はあるが水面下にいる" })),
      },
    ]);
    expect((await edge.request("/api/hexagrams?lang=fr")).status).toBe(400);
  });

  it("is not there while no readings are released", async () => {
    expect((await coldEdge().request("/api/hexagrams")).status).toBe(404);
  });
});
