import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { ClassifyAnswer, FeedbackAnswer } from "#contracts/http.ts";
import type { EdgeClient } from "#stores/edge.ts";
import { postJson } from "./system.ts";

// What the edge counted is seen after a second in place of ten.
process.env["HAQEI_EDGE_VARS"] = JSON.stringify({ ANALYTICS_FLUSH_SECONDS: "1" });

const LANES = 8;
const BATCH = 50;

async function inLanes(count: number, work: (turn: number) => Promise<unknown>): Promise<void> {
  const turns = Array.from({ length: count }, (_, turn) => turn).values();
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (const turn of turns) await work(turn);
    }),
  );
}

async function counted(edge: Pick<EdgeClient, "analytics">): Promise<number> {
  const { rows } = await edge.analytics({ metric: "requests", from: 0, to: Date.now() + 60_000, groupBy: ["route"] });
  return rows.find(({ group }) => group.route === "/api/classify")?.sum ?? 0;
}

/** Has so many questions asked, and waits until the edge has written down that they were. */
export async function asking(
  edge: Pick<EdgeClient, "analytics">,
  count: number,
  question: (turn: number) => Promise<unknown>,
): Promise<void> {
  const before = await counted(edge);
  await inLanes(count, question);
  await expect.poll(() => counted(edge), { timeout: 30_000, interval: 500 }).toBeGreaterThanOrEqual(before + count);
}

export interface Judged {
  /** How many answers are judged, and how many of them are right. */
  n: number;
  right: number;
  /** What is asked, in turn. */
  texts: readonly string[];
  roundTripMs?: number;
  consent?: boolean;
}

/** Users ask and judge what they are answered. */
export async function judging(
  edge: Pick<EdgeClient, "analytics">,
  url: string,
  { n, right, texts, roundTripMs, consent = false }: Judged,
): Promise<void> {
  const events: object[] = [];
  await asking(edge, n, async (turn) => {
    const asked = { text: texts[turn % texts.length], userId: randomUUID(), consent };
    const { eventId } = ClassifyAnswer.parse((await postJson(`${url}/api/classify`, asked)).json);
    const said = { id: randomUUID(), type: "thumb", value: turn < right ? 1 : -1, at: Date.now() };
    events.push({ ...said, eventId, userId: asked.userId, ...(roundTripMs === undefined ? {} : { roundTripMs }) });
  });
  for (let from = 0; from < events.length; from += BATCH) {
    const { json } = await postJson(`${url}/api/feedback`, { events: events.slice(from, from + BATCH) });
    expect(FeedbackAnswer.parse(json).rejected).toEqual([]);
  }
}
