import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { FeedbackAnswer } from "#contracts/http.ts";
import { userToken } from "./erasure.ts";
import { signEvent } from "./event-token.ts";
import { delayAfter, drain, messagesOf } from "./queue.ts";
import { coldEdge, freshStores, NO_MODEL } from "./test-support/harness.ts";

beforeEach(freshStores);

const MESSAGE_LIMIT = 128_000;
const away = () => Promise.reject(new Error("D1_ERROR: D1 DB is overloaded"));
const d1 = (fault: () => Promise<unknown>) => {
  const statement = { bind: () => statement, run: fault };
  return { prepare: () => statement, batch: fault } as unknown as D1Database;
};

/** What was sent and not yet delivered. The runtime's own queue is asked over HTTP in `local/edge-server.test.ts`. */
function heldQueue() {
  const sent: { at: Date; body: unknown }[] = [];
  const queue = {
    send: async (body: unknown) => {
      sent.push({ at: new Date(), body: structuredClone(body) });
    },
  };
  const deliver = async (log: D1Database = env.LOG) => {
    const messages = sent.map(({ at, body }, index) => ({ id: `m${index}`, timestamp: at, attempts: 1, body }));
    const batch = createMessageBatch("haqei-events", messages);
    await drain(batch, { ...env, LOG: log });
    return getQueueResult(batch, createExecutionContext());
  };
  return { sent, EVENTS: queue as unknown as Queue, deliver };
}

const served = { bucket: "current", shown: [7], propensity: 1, textHash: "0".repeat(32), lang: "ja" as const };
const event = (id: string, more: object = {}) => ({
  id,
  eventId: signEvent(env.EVENT_SECRET, { ...served, model: "a".repeat(64), at: Date.now() }),
  type: "bounce",
  at: Date.now(),
  ...more,
});
const ids = async () => {
  const { results } = await env.LOG.prepare("SELECT id FROM events ORDER BY seq").all<{ id: string }>();
  return results.map(({ id }) => id);
};
const told = async (response: Promise<Response>) => {
  const answer = await response;
  return { status: answer.status, ...FeedbackAnswer.partial().parse(await answer.json()) };
};

describe("feedback where the log is behind", () => {
  it("waits in the queue where D1 fails, and is in the log once, however often it is delivered", async () => {
    const { sent, EVENTS, deliver } = heldQueue();
    const edge = coldEdge(NO_MODEL, { EVENTS, LOG: d1(away) });
    const body = { events: [event("one"), event("two")] };
    expect(await told(edge.post("/api/feedback", body))).toMatchObject({ status: 202, accepted: 2, queued: 2 });
    expect(await told(edge.post("/api/feedback", body))).toMatchObject({ status: 202, accepted: 2, queued: 2 });
    expect(sent).toHaveLength(2);
    expect(await ids()).toEqual([]);
    for (let delivery = 0; delivery < 2; delivery += 1) {
      expect((await deliver()).explicitAcks).toEqual(["m0", "m1"]);
      expect(await ids()).toEqual(["one", "two"]);
    }
  });

  it("waits there where D1 is late, and counts once though D1 had written it after all", async () => {
    const { EVENTS, deliver } = heldQueue();
    const real = env.LOG;
    const late = {
      prepare: (sql: string) => ({ bind: (...values: unknown[]) => ({ run: () => lateRun(sql, values) }) }),
    };
    const lateRun = async (sql: string, values: unknown[]) => {
      await real
        .prepare(sql)
        .bind(...values)
        .run();
      return new Promise<never>(() => {});
    };
    const edge = coldEdge(NO_MODEL, { EVENTS, LOG: late as unknown as D1Database });
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(event("late")),
    };
    const { response } = await edge.begin("/api/feedback", init);
    expect(await told(Promise.resolve(response))).toMatchObject({ status: 202, queued: 1 });
    await deliver();
    expect(await ids()).toEqual(["late"]);
  });

  it("goes there beyond as many writes as may be under way, and to the log before and after", async () => {
    const { sent, EVENTS, deliver } = heldQueue();
    const edge = coldEdge(NO_MODEL, { EVENTS, EVENT_WRITES_AT_ONCE: "2" });
    const send = (id: string) => told(edge.post("/api/feedback", event(id)));
    const burst = Array.from({ length: 12 }, (_, index) => `burst-${index}`);
    const answers = await Promise.all(burst.map(send));
    expect(answers.map(({ status, accepted }) => [status, accepted])).toEqual(burst.map(() => [202, 1]));
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.length).toBeLessThan(burst.length);
    expect(await send("after")).not.toHaveProperty("queued");
    await deliver();
    expect((await ids()).sort()).toEqual([...burst, "after"].sort());
  });

  it("is not said to be accepted where neither takes it", async () => {
    const EVENTS = { send: away } as unknown as Queue;
    const edge = coldEdge(NO_MODEL, { EVENTS, LOG: d1(away) });
    expect(await told(edge.post("/api/feedback", event("lost")))).toMatchObject({ status: 503 });
  });

  it("is delivered again, later each time, while the log cannot be written", async () => {
    const { EVENTS, deliver } = heldQueue();
    await coldEdge(NO_MODEL, { EVENTS, LOG: d1(away) }).post("/api/feedback", event("again"));
    const { explicitAcks, retryMessages } = await deliver(d1(away));
    expect(explicitAcks).toEqual([]);
    expect(retryMessages).toMatchObject([{ msgId: "m0" }]);
    expect([1, 5, 60].map(delayAfter)).toEqual([2, 32, 3600]);
    await deliver();
    expect(await ids()).toEqual(["again"]);
  });

  it("of somebody who asked to be forgotten meanwhile is not written, and what comes later is", async () => {
    const { EVENTS, deliver } = heldQueue();
    const behind = coldEdge(NO_MODEL, { EVENTS, LOG: d1(away) });
    await behind.post("/api/feedback", { events: [event("theirs", { userId: "u" }), event("another's")] });
    const authorization = `Bearer ${userToken(env, "u")}`;
    await coldEdge().request("/api/users/u", { method: "DELETE", headers: { authorization } });
    await deliver();
    expect(await ids()).toEqual(["another's"]);
    await env.LOG.prepare("UPDATE erasures SET at = at - 1000").run();
    await coldEdge().post("/api/feedback", event("anew", { userId: "u" }));
    expect(await ids()).toEqual(["another's", "anew"]);
  });
});

it("packs rows into messages that a queue takes, in their order", () => {
  const row = fc.record({ id: fc.string(), body: fc.string({ unit: "binary", maxLength: 30_000 }) });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), (rows) => {
      const messages = messagesOf(rows);
      expect(messages.flatMap((message) => message.rows)).toEqual(rows);
      for (const message of messages) {
        expect(new TextEncoder().encode(JSON.stringify(message)).byteLength).toBeLessThan(MESSAGE_LIMIT + 1);
      }
    }),
    { numRuns: 10 },
  );
});
