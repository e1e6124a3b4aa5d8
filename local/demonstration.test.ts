import { createServer, type Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import { FeedbackEvent } from "#contracts/event.ts";
import { type DemonstrationQuery, runDemonstration } from "./demonstration.ts";

const CLASSES = Array.from({ length: 384 }, (_, index) => String(index + 1));
const QUERIES: DemonstrationQuery[] = CLASSES.slice(0, 60).map((label) => ({
  id: `q${label}`,
  label,
  text: `質問の${label}番です`,
  lang: "ja",
}));

let server: Server | undefined;
afterEach(() => new Promise<void>((done) => (server ? server.close(() => done()) : done())));

/** An edge of the contract's shape that keeps what it was sent; `shown` decides its answers. */
async function fakeEdge(
  shown: () => number[],
): Promise<{ url: string; asked: unknown[]; log: Map<string, FeedbackEvent> }> {
  const asked: unknown[] = [];
  const log = new Map<string, FeedbackEvent>();
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const sent = JSON.parse(body) as { events?: unknown[] };
    let answer: unknown;
    if (request.url === "/api/classify") {
      asked.push(sent);
      const predictions = shown().map((id) => ({ id, label: String(id), score: 0.1, why: [] }));
      answer = {
        eventId: `token-${asked.length}`,
        model: "m",
        version: "v",
        bucket: "current",
        path: "full",
        cache: "none",
        operations: 1,
        lang: "ja",
        predictions,
        confidence: 0.1,
      };
    } else {
      let accepted = 0;
      const rejected: { index: number; name: string; message: string }[] = [];
      (sent.events ?? []).forEach((event, index) => {
        const parsed = FeedbackEvent.safeParse(event);
        if (!parsed.success) rejected.push({ index, name: "InvalidEvent", message: parsed.error.message });
        else if (!log.has(parsed.data.id)) {
          log.set(parsed.data.id, parsed.data);
          accepted += 1;
        }
      });
      answer = { accepted, duplicates: (sent.events ?? []).length - accepted - rejected.length, rejected };
    }
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  });
  await new Promise<void>((done) => server?.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}`, asked, log };
}

test("users ask with consent, every event is one that the edge takes, and a second time nothing is new", async () => {
  let answers = [1, 2, 3];
  const edge = await fakeEdge(() => answers);
  const day = { edgeUrl: edge.url, queries: QUERIES, classes: CLASSES, n: 150, seed: 384, date: "2026-11-03" };
  const first = await runDemonstration(day);
  expect(first).toMatchObject({ queries: 150, rejected: 0, accepted: edge.log.size });
  expect(first.sent).toBe(first.accepted + first.duplicates);
  expect(first.duplicates).toBeGreaterThan(0);
  expect(first.accepted).toBeGreaterThan(110);
  for (const query of edge.asked)
    expect(query).toMatchObject({ consent: true, lang: "ja", userId: expect.stringMatching(/^sim-384-/) });

  answers = [9, 8, 7];
  const second = await runDemonstration(day);
  expect(second).toEqual({ ...first, accepted: 0, duplicates: first.sent });
  expect(new Set(edge.asked.slice(150).map((query) => JSON.stringify(query)))).toEqual(
    new Set(edge.asked.slice(0, 150).map((query) => JSON.stringify(query))),
  );

  const nextDay = await runDemonstration({ ...day, date: "2026-11-04" });
  expect(nextDay.accepted).toBeGreaterThan(110);
});

test("an edge that is not there is named", async () => {
  const day = { edgeUrl: "http://127.0.0.1:9", queries: QUERIES, classes: CLASSES, n: 1, seed: 1, date: "2026-11-03" };
  await expect(runDemonstration(day)).rejects.toMatchObject({
    name: "NotReachableError",
    message: expect.stringContaining("127.0.0.1:9"),
  });
});
