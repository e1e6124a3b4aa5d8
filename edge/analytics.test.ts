import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { AnalyticsAnswer, type AnalyticsQuery, METRICS } from "#contracts/analytics.ts";
import { createTally } from "./tally.ts";
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

const HOUR = 3_600_000;

async function query(
  edge: Pick<ColdEdge, "request">,
  metric: AnalyticsQuery["metric"],
  more: Partial<AnalyticsQuery> = {},
): Promise<AnalyticsAnswer["rows"]> {
  const response = await edge.request("/admin/analytics/query", {
    method: "POST",
    headers: { ...ADMIN, "content-type": "application/json" },
    body: JSON.stringify({ metric, from: Date.now() - HOUR, to: Date.now() + HOUR, ...more }),
  });
  expect(response.status).toBe(200);
  return AnalyticsAnswer.parse(await response.json()).rows;
}
const ask = (edge: Pick<ColdEdge, "post">, text: string, more: object = {}) =>
  edge.post("/api/classify", { text, ...more });

describe("POST /admin/analytics/query", () => {
  it("sums what was asked, by path, with means over what the metric is counted by", async () => {
    const edge = await releasedEdge();
    const operations: number[] = [];
    for (const text of [TEXTS[0], TEXTS[1], TEXTS[0], TEXTS[0]]) {
      operations.push((await (await ask(edge, text as string)).json<{ operations: number }>()).operations);
    }
    const spent = operations.reduce((sum, one) => sum + one, 0);
    expect(spent).toBeGreaterThan(0);
    const rows = await query(edge, "operations", { groupBy: ["path", "model"] });
    expect(rows).toContainEqual({ group: { path: "full", model: edge.sha256 }, sum: spent, count: 2, mean: spent / 2 });
    expect(rows).toContainEqual({ group: { path: "cache", model: edge.sha256 }, sum: 0, count: 2, mean: 0 });
    expect(await query(edge, "cache_hits")).toEqual([{ group: {}, sum: 2, count: 4, mean: 0.5 }]);
  });

  it("adds up isolates, and counts users once", async () => {
    const edge = await releasedEdge({ ANALYTICS_FLUSH_SECONDS: "0" });
    const other = coldEdge(NO_MODEL, { ANALYTICS_FLUSH_SECONDS: "0" });
    for (const userId of ["anna", "ben", "anna"]) await ask(edge, TEXTS[0] as string, { userId });
    await ask(other, TEXTS[0] as string, { userId: "anna" });
    expect((await query(edge, "users"))[0]?.sum).toBe(2);
    expect(await query(edge, "answers")).toEqual([expect.objectContaining({ sum: 4 })]);
  });

  it("gives quantiles from the sample, beside the sums", async () => {
    const edge = await releasedEdge();
    const operations: number[] = [];
    for (const text of TEXTS) {
      operations.push((await (await ask(edge, text)).json<{ operations: number }>()).operations);
    }
    operations.sort((a, b) => a - b);
    const [row] = await query(edge, "operations", { quantiles: [0, 0.5, 1] });
    expect(row).toMatchObject({ sampled: 4, quantiles: { 0: operations[0], 0.5: operations[1], 1: operations[3] } });
  });

  it("counts fallbacks, refusals, and the calls of stores with the time they took", async () => {
    const slow = {
      get: async (...args: [string]) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        return env.CACHE.get(...args);
      },
    };
    const edge = coldEdge(MODEL.buffer, { CACHE: slow as unknown as KVNamespace });
    await ask(edge, TEXTS[0] as string);
    await edge.post("/api/classify", {});
    expect((await query(edge, "fallbacks"))[0]).toMatchObject({ sum: 1, count: 1 });
    await edge.admin("/admin/audit");
    const calls = await query(edge, "d1_calls", { groupBy: ["route"] });
    expect(calls).toEqual(expect.arrayContaining([expect.objectContaining({ group: { route: "/admin" } })]));
    const statuses = await query(edge, "requests", { groupBy: ["status"] });
    expect(statuses).toEqual(expect.arrayContaining([expect.objectContaining({ group: { status: "400" }, sum: 1 })]));
    const [kv] = await query(edge, "kv_ms", { quantiles: [0] });
    expect(kv?.count).toBe(2);
    expect(kv?.mean).toBeGreaterThanOrEqual(29);
    expect((await query(edge, "d1_ms"))[0]?.count).toBeGreaterThan(0);
  });

  it("writes no text, and never once a query", async () => {
    const batch = vi.fn((statements: D1PreparedStatement[]) => env.LOG.batch(statements));
    const LOG = { batch, prepare: (sql: string) => env.LOG.prepare(sql) } as unknown as D1Database;
    const edge = await releasedEdge({ LOG });
    batch.mockClear();
    for (let i = 0; i < 20; i += 1) await ask(edge, `${TEXTS[i % 4]} ${i}`, { userId: "anna", consent: true });
    expect(batch).not.toHaveBeenCalled();
    await query(edge, "answers");
    expect(batch).toHaveBeenCalledTimes(1);
    const { results } = await env.LOG.prepare("SELECT * FROM haqei_edge").all();
    const written = JSON.stringify(results);
    for (const raw of [...TEXTS, "anna"]) expect(written).not.toContain(raw);
  });

  it("does not stand in the way where it cannot be written", async () => {
    await releasedEdge();
    const away = { prepare: env.LOG.prepare.bind(env.LOG), batch: () => Promise.reject(new Error("D1 is full")) };
    const edge = coldEdge(NO_MODEL, { ANALYTICS_FLUSH_SECONDS: "-1", LOG: away as unknown as D1Database });
    for (let i = 0; i < 3; i += 1) expect((await ask(edge, TEXTS[0] as string)).status).toBe(200);
  });

  it("asks Analytics Engine the same where there is one", async () => {
    const points: AnalyticsEngineDataPoint[] = [];
    const dataset = { writeDataPoint: (point: AnalyticsEngineDataPoint) => points.push(point) };
    const sent = vi.spyOn(globalThis, "fetch").mockImplementation(async (_, init) => {
      expect(String(init?.body)).toMatch(/toDateTime\(\d+\)/);
      expect(new Headers(init?.headers).get("authorization")).toBe("Bearer token");
      return Response.json({ data: [{ bucket: "current", sum: "3", count: 3 }] });
    });
    const bindings = { ANALYTICS: dataset, ANALYTICS_SQL_URL: "https://engine.test/sql", ANALYTICS_TOKEN: "token" };
    const edge = await releasedEdge(bindings as Partial<Env>);
    await ask(edge, TEXTS[0] as string);
    const rows = await query(edge, "answers", { groupBy: ["bucket"] });
    expect(rows).toEqual([{ group: { bucket: "current" }, sum: 3, count: 3, mean: 1 }]);
    expect(sent).toHaveBeenCalledTimes(1);
    sent.mockRestore();
    const total = points.find(({ blobs }) => blobs?.[3] === "current" && blobs[0] === "total");
    expect(total?.doubles?.[2]).toBe(1);
    expect((await env.LOG.prepare("SELECT COUNT(*) AS n FROM haqei_edge").first<{ n: number }>())?.n).toBe(0);
  });

  it.each([
    ["an unknown metric", { metric: "texts", from: 0, to: 1 }],
    ["a window that ends before it begins", { metric: "answers", from: 2, to: 1 }],
    ["a group that is none", { metric: "answers", from: 0, to: 1, groupBy: ["blob9"] }],
    ["a quantile over 1", { metric: "operations", from: 0, to: 1, quantiles: [2] }],
  ])("refuses %s", async (_, body) => {
    const headers = { ...ADMIN, "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    expect((await coldEdge().request("/admin/analytics/query", init)).status).toBe(400);
  });
});

describe("the tally", () => {
  it("has one column for each metric, within what Analytics Engine takes", () => {
    const columns = Object.values(METRICS).map(({ column }) => column);
    expect(columns).toEqual(columns.map((_, at) => `double${at + 1}`));
    expect(columns.length).toBeLessThanOrEqual(20);
  });

  it("loses nothing, however often it is taken", () => {
    const event = fc.record({
      lang: fc.constantFrom("ja", "en"),
      path: fc.constantFrom("full", "cache"),
      operations: fc.nat(1000),
      take: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const tally = createTally(() => 0.5);
        const rows = events.flatMap(({ lang, path, operations, take }) => {
          tally.add({ lang, path }, { answers: 1, operations });
          return take ? tally.take() : [];
        });
        rows.push(...tally.take());
        const totals = rows.filter(({ blobs }) => blobs[0] === "total");
        const sum = (column: number) => totals.reduce((all, { doubles }) => all + (doubles[column] ?? 0), 0);
        expect(sum(2)).toBe(events.length);
        const spent = events.reduce((all, { operations }) => all + operations, 0);
        expect(sum(6)).toBe(spent);
        expect(tally.since("operations", []).reduce((all, { value }) => all + value, 0)).toBe(spent);
        const weights = rows.filter(({ blobs }) => blobs[0] === "sample").map(({ doubles }) => doubles[0] ?? 0);
        expect(weights.reduce((all, weight) => all + weight, 0)).toBeCloseTo(events.length, 6);
      }),
    );
  });
});
