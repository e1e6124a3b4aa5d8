import { randomUUID } from "node:crypto";
import { NotReachableError } from "#contracts/errors.ts";
import type { FeedbackEvent } from "#contracts/event.ts";
import { ClassifyAnswer, FeedbackAnswer } from "#contracts/http.ts";
import type { AuthoredData } from "#datasets/authored.ts";

/**
 * Users who remember what the edge told them: an event counts as acknowledged once a 202 has named it, as new or as known already. What was
 * not acknowledged is sent again under the same id, as the edge's own client does.
 */
export interface Users {
  /** Asks `n` queries and makes two events of each answer: a thumb and a correction. Sends none of them. */
  ask(n: number): Promise<FeedbackEvent[]>;
  /** Sends events once; true where they were acknowledged. */
  tell(events: readonly FeedbackEvent[]): Promise<boolean>;
  /** Sends events until they are acknowledged. @throws NotReachableError where they are not within a minute */
  insist(events: readonly FeedbackEvent[]): Promise<void>;
  /** Distinct events that were acknowledged. */
  acknowledged(): number;
}

/** Events of one request: the edge takes at most 100. */
const BATCH = 50;
const PATIENCE_MS = 60_000;

/** @param edgeUrl asked anew each time, since the edge may come back elsewhere */
export function createUsers(edgeUrl: () => string, { examples, classes }: AuthoredData): Users {
  const own = examples.filter(({ split }) => split === "live");
  const queries = own.length > 0 ? own : examples.filter(({ split }) => split === "dev");
  const known = new Set<string>();
  // Users of another time are others: nothing that they send is taken for a repetition.
  const tag = randomUUID().slice(0, 8);
  let asked = 0;

  async function post(path: string, body: unknown): Promise<Response> {
    return fetch(`${edgeUrl()}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
  }

  const tell: Users["tell"] = async (events) => {
    for (let start = 0; start < events.length; start += BATCH) {
      const batch = events.slice(start, start + BATCH);
      const answer = await post("/api/feedback", { events: batch }).catch(() => undefined);
      if (answer?.status !== 202) return false;
      const { rejected } = FeedbackAnswer.parse(await answer.json());
      const refused = new Set(rejected.map(({ index }) => index));
      for (const [index, { id }] of batch.entries()) if (!refused.has(index)) known.add(id);
    }
    return true;
  };

  return {
    async ask(n) {
      const events: FeedbackEvent[] = [];
      while (events.length < 2 * n) {
        const query = queries[asked % queries.length];
        asked += 1;
        if (!query) break;
        const userId = `chaos-${tag}-${asked % 25}`;
        const answer = await post("/api/classify", { text: `${query.text} ${tag} ${asked}`, userId, consent: true });
        const { eventId, predictions, safety } = ClassifyAnswer.parse(await answer.json());
        const shownId = predictions[0]?.id;
        if (safety !== undefined || shownId === undefined) continue;
        const correctId = classes.indexOf(query.label) + 1;
        const about = { eventId, userId, shownId, at: Date.now() };
        events.push({
          ...about,
          id: `chaos-${tag}-${asked}-thumb`,
          type: "thumb",
          value: correctId === shownId ? 1 : -1,
        });
        events.push({ ...about, id: `chaos-${tag}-${asked}-correction`, type: "correction", correctId });
      }
      return events;
    },
    tell,
    async insist(events) {
      for (const end = Date.now() + PATIENCE_MS; !(await tell(events)); ) {
        if (Date.now() > end) throw new NotReachableError("the edge takes no feedback", "See `npx haqei logs edge`.");
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    acknowledged: () => known.size,
  };
}
