import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { ClassifyAnswer } from "#contracts/http.ts";
import {
  AccuracyAnswer,
  type OperationsStatus,
  PublishedOperations,
  PublishedRelease,
  type ReleaseStatus,
} from "#contracts/status.ts";
import { wilson } from "#contracts/wilson.ts";
import { ADMIN, type ColdEdge, coldEdge, freshStores, releasedEdge, TEXTS } from "../test-support/harness.ts";

beforeEach(freshStores);

const put = (edge: Pick<ColdEdge, "request">, path: string, body: unknown) =>
  edge.request(path, {
    method: "PUT",
    headers: { ...ADMIN, "content-type": "application/json" },
    body: JSON.stringify(body),
  });

const RELEASE: ReleaseStatus = {
  stage: "watching",
  share: 0.25,
  since: 1_764_000_000_000,
  nextLook: null,
  verdict: { action: "hold", reason: "too-few-users", evidence: { users: 12, missing: null }, policyDigest: "p" },
  history: [{ at: 1_764_000_000_000, what: "paused", person: "mio", reason: "lunch" }],
};
const OPERATIONS: OperationsStatus = {
  alerts: [{ name: "error_rate", level: "critical", since: 1, value: 0.07, limit: 0.05 }],
  incidents: [{ id: "i1", level: 3, cause: "error_rate", opened: 1, acknowledged: null }],
};

describe("what is published for the dashboard", () => {
  it("is nothing at first, then the last, with its time and who said it", async () => {
    const edge = coldEdge();
    const read = async () => PublishedRelease.parse(await (await edge.admin("/admin/release-status")).json());
    expect(await read()).toEqual({ at: 0, by: "", status: null });
    expect((await put(edge, "/admin/release-status", { ...RELEASE, stage: "opening" })).status).toBe(200);
    expect((await put(edge, "/admin/release-status", RELEASE)).status).toBe(200);
    expect(await read()).toEqual({ at: expect.any(Number), by: "admin", status: RELEASE });
    await put(edge, "/admin/operations-status", OPERATIONS);
    const operations = PublishedOperations.parse(await (await edge.admin("/admin/operations-status")).json());
    expect(operations.status).toEqual(OPERATIONS);
    expect((await env.LOG.prepare("SELECT count(*) AS n FROM statuses").first())?.["n"]).toBe(2);
  });

  it("keeps the newest hundred of a long history", async () => {
    const edge = coldEdge();
    const history = Array.from({ length: 150 }, (_, at) => ({ at, what: `look ${at}` }));
    await put(edge, "/admin/release-status", { ...RELEASE, history });
    const { status } = PublishedRelease.parse(await (await edge.admin("/admin/release-status")).json());
    expect(status?.history.map(({ at }) => at)).toEqual(history.slice(50).map(({ at }) => at));
  });

  it.each([
    ["/admin/release-status", { ...RELEASE, share: 25 }],
    ["/admin/release-status", {}],
    ["/admin/operations-status", { ...OPERATIONS, alerts: [{ name: "x", level: "loud", since: 1 }] }],
  ])("is refused in another shape (%s)", async (path, body) => {
    expect((await put(coldEdge(), path, body)).status).toBe(400);
  });
});

describe("GET /admin/accuracy", () => {
  it("judges an answer by a correction, else a thumb up, else a thumb down on the first", async () => {
    const edge = await releasedEdge();
    let n = 0;
    const say = async (events: (shown: number[]) => object[], text = `${TEXTS[0]}${n}`) => {
      const answer = ClassifyAnswer.parse(await (await edge.post("/api/classify", { text })).json());
      const shown = answer.predictions.map(({ id }) => id);
      for (const event of events(shown)) {
        n += 1;
        const sent = { id: `e${n}`, eventId: answer.eventId, at: 1, userId: `u${n % 3}`, ...event };
        const response = await edge.post("/api/feedback", sent);
        expect(await response.json()).toMatchObject({ accepted: 1 });
      }
    };
    const thumb = (shownId: number | undefined, value: 1 | -1) => ({ type: "thumb", shownId, value, roundTripMs: 40 });
    await say(([first]) => [thumb(first, 1)]); // right
    await say(([first]) => [thumb(first, -1)]); // wrong
    await say(([first]) => [thumb(first, 1), { type: "correction", correctId: (first ?? 0) + 1 }]); // wrong: corrected
    await say(([first]) => [thumb(first, -1), { type: "correction", correctId: first }]); // right: corrected
    await say(([, second]) => [thumb(second, 1)]); // wrong: another fits
    await say(([, second]) => [thumb(second, -1)]); // says nothing of the first
    await say(() => [{ type: "bounce" }]); // judges nothing
    const found = AccuracyAnswer.parse(await (await edge.admin("/admin/accuracy?hours=1")).json());
    expect(found.arms).toEqual([{ bucket: "current", model: edge.sha256, judged: 5, right: 2, top1: wilson(2, 5) }]);
    expect(found).toMatchObject({ events: 9, users: 3, byType: { thumb: 6, correction: 2, bounce: 1 } });
    expect(found.roundTrip).toEqual({ n: 6, p50: 40, p95: 40 });
  });

  it("is empty where nobody said anything, and looks no further back than asked", async () => {
    const edge = await releasedEdge();
    const empty = { events: 0, users: 0, byType: {}, arms: [] };
    expect(await (await edge.admin("/admin/accuracy")).json()).toEqual({ since: expect.any(Number), ...empty });
    const { eventId } = ClassifyAnswer.parse(await (await edge.post("/api/classify", { text: TEXTS[0] })).json());
    await edge.post("/api/feedback", { id: "old", eventId, type: "thumb", value: 1, at: 1 });
    await env.LOG.prepare("UPDATE events SET received_at = received_at - 7200000").run();
    expect(await (await edge.admin("/admin/accuracy?hours=1")).json()).toMatchObject(empty);
    expect(await (await edge.admin("/admin/accuracy?hours=3")).json()).toMatchObject({ events: 1 });
    expect((await edge.admin("/admin/accuracy?hours=0")).status).toBe(400);
  });
});

describe("memory", () => {
  it("is told with the budget of a query, and a model that would take too much is not loaded", async () => {
    const edge = await releasedEdge();
    await edge.request("/api/health");
    const text = await (await edge.admin("/admin/metrics")).text();
    const bytes = Number(/^haqei_edge_memory_bytes (\d+)$/m.exec(text)?.[1]);
    expect(bytes).toBeGreaterThan(1000);
    expect(text).toMatch(/^haqei_edge_budget_operations 2100000$/m);

    const small = coldEdge(undefined, { MEMORY_BUDGET_BYTES: String(Math.floor(bytes / 2)) });
    expect((await small.post("/api/classify", { text: TEXTS[0] })).status).toBe(503);
    const after = await (await small.admin("/admin/metrics")).text();
    expect(after).toContain('haqei_edge_loads_total{kind="model",outcome="failed"} 1');
  });
});
