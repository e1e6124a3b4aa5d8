import { beforeEach, describe, expect, it, vi } from "vitest";
import { freshStores, releasedEdge, TEXTS } from "../test-support/harness.ts";
import { type ClientOptions, createClient, EdgeError } from "./client.ts";

beforeEach(freshStores);

/** A client of a real edge in this isolate; what `fail` throws or answers stands in the edge's way. */
async function clientOf(options: Partial<ClientOptions> = {}, fail: () => Response | undefined = () => undefined) {
  const edge = await releasedEdge();
  const sent: string[] = [];
  const client = createClient({
    userId: "anna",
    gatherMs: 1,
    retryMs: 1,
    async fetch(path, init) {
      sent.push(`${init.body}`);
      return fail() ?? edge.request(path, init);
    },
    ...options,
  });
  const logged = async () => {
    const lines = (await (await edge.admin("/admin/events")).text()).split("\n").filter(Boolean);
    return lines.map((line) => JSON.parse(line));
  };
  return { client, sent, logged };
}

describe("the client", () => {
  it("asks, and says how long the answer took with what is done with it", async () => {
    const { client, logged } = await clientOf();
    const { eventId, predictions } = await client.classify(TEXTS[0] as string, { consent: true, top: 2 });
    expect(predictions).toHaveLength(2);
    await client.feedback({ eventId, type: "thumb", value: 1, shownId: predictions[0]?.id });
    const [event] = await logged();
    expect(event).toMatchObject({ type: "thumb", value: 1, served: { text: TEXTS[0] } });
    expect(event.roundTripMs).toBeGreaterThanOrEqual(0);
    expect(event.user).toMatch(/^[0-9a-f]{32}$/);
  });

  it("gathers reactions of a moment into batches of at most 100", async () => {
    const { client, sent, logged } = await clientOf({ gatherMs: 20 });
    const { eventId } = await client.classify(TEXTS[0] as string);
    sent.length = 0;
    await Promise.all(Array.from({ length: 130 }, () => client.feedback({ eventId, type: "bounce" })));
    expect(sent.map((body) => JSON.parse(body).events.length)).toEqual([100, 30]);
    expect(await logged()).toHaveLength(130);
  });

  it.each([
    ["the network fails", () => Promise.reject(new TypeError("away")) as never],
    [
      "the edge is overwhelmed",
      () => Response.json({ error: { name: "LogUnavailable", message: "" } }, { status: 503 }),
    ],
    ["it is told to wait", () => Response.json({ error: { name: "TooManyRequests", message: "" } }, { status: 429 })],
    ["the answer is no JSON", () => new Response("<html>")],
  ])("sends again, under the same id, where %s", async (_, fail) => {
    let feedbacks = 0;
    const { client, sent, logged } = await clientOf({}, () => {
      if (!sent.at(-1)?.includes("bounce")) return undefined;
      feedbacks += 1;
      return feedbacks <= 2 ? fail() : undefined;
    });
    const { eventId } = await client.classify(TEXTS[0] as string);
    sent.length = 0;
    await client.feedback({ eventId, type: "bounce" });
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map((body) => JSON.parse(body).id)).size).toBe(1);
    expect(await logged()).toHaveLength(1);
  });

  it("loses nothing and doubles nothing where only the answer was lost", async () => {
    const edge = await releasedEdge();
    let lost = false;
    const client = createClient({
      userId: "ben",
      gatherMs: 1,
      retryMs: 1,
      async fetch(path, init) {
        const response = await edge.request(path, init);
        if (path.endsWith("/feedback") && !lost) {
          lost = true;
          throw new TypeError("away");
        }
        return response;
      },
    });
    const { eventId } = await client.classify(TEXTS[0] as string);
    await client.feedback({ eventId, type: "bounce" });
    const lines = (await (await edge.admin("/admin/events")).text()).split("\n").filter(Boolean);
    expect(lines).toHaveLength(1);
  });

  it("says what the edge refuses, and does not try it again", async () => {
    const { client, sent } = await clientOf();
    const { eventId } = await client.classify(TEXTS[0] as string);
    sent.length = 0;
    const refused = client.feedback({ eventId: "forged", type: "bounce" });
    await expect(refused).rejects.toMatchObject({ name: "InvalidToken" });
    await expect(client.feedback({ eventId, type: "click", shownId: 300 })).rejects.toThrow(EdgeError);
    expect(sent).toHaveLength(2);
    await expect(client.classify(" ")).rejects.toMatchObject({ name: "InvalidRequest", status: 400 });
  });

  it("hands over what waits when its page goes away, in parts that a browser takes", async () => {
    const beacon = vi.fn((_url: string, _body: string) => true);
    const { client } = await clientOf({ gatherMs: 60_000, beacon });
    const { eventId } = await client.classify(TEXTS[0] as string);
    for (let at = 0; at < 5; at += 1) void client.feedback({ eventId, type: "report", reason: "x".repeat(400) });
    client.leave();
    expect(beacon).toHaveBeenCalledOnce();
    expect(beacon.mock.calls[0]?.[0]).toBe("/api/v1/feedback");
    for (let at = 0; at < 295; at += 1) void client.feedback({ eventId, type: "report", reason: "x".repeat(400) });
    beacon.mockClear();
    client.leave();
    const bodies = beacon.mock.calls.map(([, body]) => body);
    const ids = bodies.flatMap((body) => JSON.parse(body).events.map(({ id }: { id: string }) => id));
    expect(new Set(ids).size).toBe(300);
    expect(Math.max(...bodies.map((body) => body.length))).toBeLessThanOrEqual(60_000);
  });
});
