import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { LoggedEvent, type Served } from "#contracts/event.ts";
import { signEvent } from "../event-token.ts";
import { ADMIN, coldEdge, freshStores } from "../test-support/harness.ts";

beforeEach(freshStores);

const SERVED: Served = {
  model: "a".repeat(64),
  bucket: "current",
  shown: [7, 8, 9],
  propensity: 1,
  textHash: "0".repeat(32),
  lang: "ja",
  at: 1_790_000_000_000,
  text: "新しい部署で黙って見ている",
};
const token = (served: Served = SERVED) => signEvent(env.EVENT_SECRET, served);
const thumb = async (id: string, more: object = {}) => ({
  id,
  eventId: await token(),
  type: "thumb",
  at: 1_790_000_001_000,
  shownId: 7,
  value: 1,
  ...more,
});

/** Reads the log page by page, as the collector does. */
async function logged(limit = 1000): Promise<LoggedEvent[]> {
  const edge = coldEdge();
  const events: LoggedEvent[] = [];
  for (let after = 0; ; ) {
    const response = await edge.request(`/admin/events?after=${after}&limit=${limit}`, { headers: ADMIN });
    const lines = new TextDecoder()
      .decode(await response.arrayBuffer())
      .split("\n")
      .filter((line) => line !== "");
    const next = Number(response.headers.get("x-next"));
    if (lines.length === 0) {
      expect(next).toBe(after);
      return events;
    }
    events.push(...lines.map((line) => LoggedEvent.parse(JSON.parse(line))));
    expect(next).toBe(events.at(-1)?.seq);
    after = next;
  }
}

describe("POST /api/feedback", () => {
  it("writes an event with what was served, and the user only as a hash", async () => {
    const edge = coldEdge();
    const response = await edge.post("/api/feedback", await thumb("e1", { userId: "user-1" }));
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
    const [event] = await logged();
    expect(event).toMatchObject({ id: "e1", type: "thumb", value: 1, shownId: 7, served: SERVED });
    expect(event?.user).toMatch(/^[0-9a-f]{32}$/);
    const row = await env.LOG.prepare("SELECT body FROM events").first<{ body: string }>();
    expect(row?.body).not.toContain("user-1");
    expect(row?.body).not.toContain("eventId");
  });

  it("knows events of one network by a hash, all addresses of an IPv6 network alike, and keeps no address", async () => {
    const edge = coldEdge();
    const from = async (id: string, address: string) =>
      edge.request("/api/feedback", {
        method: "POST",
        headers: { "content-type": "application/json", "cf-connecting-ip": address },
        body: JSON.stringify(await thumb(id)),
      });
    await from("a", "2001:db8:1:2:3::4");
    await from("b", "2001:db8:1:2:5::6");
    await from("c", "203.0.113.7");
    const [a, b, c] = await logged();
    expect(a?.network).toMatch(/^[0-9a-f]{32}$/);
    expect(b?.network).toBe(a?.network);
    expect(c?.network).not.toBe(a?.network);
    const { results } = await env.LOG.prepare("SELECT body FROM events").all<{ body: string }>();
    expect(results.map(({ body }) => body).join()).not.toMatch(/2001|203\.0/);
  });

  it("counts an id once, within a batch and across batches", async () => {
    const edge = coldEdge();
    const events = [await thumb("a"), await thumb("b"), await thumb("a", { value: -1 })];
    expect(await (await edge.post("/api/feedback", { events })).json()).toMatchObject({ accepted: 2, duplicates: 1 });
    expect(await (await edge.post("/api/feedback", { events })).json()).toMatchObject({ accepted: 0, duplicates: 3 });
    expect((await logged()).map(({ id, value }) => [id, value])).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
  });

  it("rejects bad events of a batch one by one and keeps the good", async () => {
    const edge = coldEdge();
    const [good, last] = await Promise.all([thumb("good"), thumb("last")]);
    const forged = `${good.eventId.slice(0, -4)}AAAA`;
    const events = [
      good,
      { ...good, id: "forged", eventId: forged },
      { ...good, id: "no-thumb", value: 5 },
      { ...good, id: "elsewhere", shownId: 10 },
      { ...good, id: "line-0", type: "correction", correctId: 0 },
      "not an event",
      null,
      last,
    ];
    const response = await edge.post("/api/feedback", { events });
    expect(response.status).toBe(202);
    const answer = await response.json<{ accepted: number; rejected: { index: number; name: string }[] }>();
    expect(answer.accepted).toBe(2);
    expect(answer.rejected.map(({ index, name }) => [index, name])).toEqual([
      [1, "InvalidToken"],
      [2, "InvalidEvent"],
      [3, "NotShown"],
      [4, "InvalidEvent"],
      [5, "InvalidEvent"],
      [6, "InvalidEvent"],
    ]);
    expect((await logged()).map(({ id }) => id)).toEqual(["good", "last"]);
  });

  it.each([
    ["no events", { events: [] }],
    ["101 events", { events: Array.from({ length: 101 }, () => ({})) }],
    ["no list", { events: "all" }],
    ["an array", []],
  ])("refuses a batch of %s", async (_, body) => {
    expect((await coldEdge().post("/api/feedback", body)).status).toBe(400);
  });

  it("takes 100 events at once", async () => {
    const events = await Promise.all(Array.from({ length: 100 }, (_, index) => thumb(`e${index}`)));
    expect(await (await coldEdge().post("/api/feedback", { events })).json()).toMatchObject({ accepted: 100 });
  });

  it("refuses ten megabytes without reading them", async () => {
    const response = await coldEdge().post("/api/feedback", { events: ["x".repeat(10_000_000)] });
    expect(response.status).toBe(413);
  });

  it("refuses a body that is larger than it says", async () => {
    const chunk = new TextEncoder().encode(" ".repeat(100_000));
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 1;
        if (sent > 50) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const headers = { "content-type": "application/json" };
    const response = await coldEdge().request("/api/feedback", { method: "POST", headers, body });
    expect(response.status).toBe(413);
    expect(sent).toBeLessThan(50);
  });

  it("does not say 202 where nothing was written", async () => {
    const statement = { bind: () => statement, run: () => Promise.reject(new Error("D1 is away")) };
    const broken = { prepare: () => statement };
    const response = await coldEdge(undefined, { LOG: broken as unknown as D1Database }).post(
      "/api/feedback",
      await thumb("e"),
    );
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { name: "LogUnavailable" } });
  });
});

describe("GET /admin/events", () => {
  it("pages by a cursor that skips and doubles nothing", async () => {
    const events = await Promise.all(Array.from({ length: 7 }, (_, index) => thumb(`e${index}`)));
    await coldEdge().post("/api/feedback", { events });
    const read = await logged(3);
    expect(read.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  });

  it("gives times of receipt that never decrease, even where the clock went back", async () => {
    const edge = coldEdge();
    await edge.post("/api/feedback", await thumb("first"));
    const ahead = Date.now() + 3_600_000;
    await env.LOG.prepare("UPDATE events SET received_at = ?1").bind(ahead).run();
    await edge.post("/api/feedback", await thumb("second"));
    expect((await logged()).map(({ receivedAt }) => receivedAt)).toEqual([ahead, ahead]);
  });

  it("sets the time of receipt to now, in ms", async () => {
    const before = Date.now();
    await coldEdge().post("/api/feedback", await thumb("e"));
    const [event] = await logged();
    expect(event?.receivedAt).toBeGreaterThanOrEqual(before - 1000);
    expect(event?.receivedAt).toBeLessThanOrEqual(Date.now() + 1000);
  });

  it.each(["after=-1", "after=x", "limit=0", "limit=1001", "limit=1.5"])("refuses %s", async (query) => {
    expect((await coldEdge().admin(`/admin/events?${query}`)).status).toBe(400);
  });
});
