import { NotReachableError } from "#contracts/errors.ts";
import type { FeedbackEvent } from "#contracts/event.ts";
import { ClassifyAnswer, FeedbackAnswer } from "#contracts/http.ts";
import { areLines } from "#simulation/lines.ts";
import { perturb } from "#simulation/perturb.ts";
import { randomOf } from "#simulation/random.ts";
import { type Reaction, reactionsTo, userOf } from "#simulation/users.ts";

/** An authored query with its true label, which only the simulated user knows. */
export type DemonstrationQuery = { id: string; label: string; text: string; lang: string };

export type DemonstrationResult = {
  /** Queries that were answered. */
  queries: number;
  /** Events sent, repeats included. */
  sent: number;
  accepted: number;
  duplicates: number;
  rejected: number;
};

export type DemonstrationOptions = {
  edgeUrl: string;
  queries: readonly DemonstrationQuery[];
  /** Class names in order of their ids, 1 first. */
  classes: readonly string[];
  /** How many queries are asked; 400 where not said. */
  n?: number;
  seed: number;
  /** Logical date: with the seed it names the day's users, texts and event ids. */
  date: string;
  concurrency?: number;
  /** Stops asking; what was answered until then is not reported. */
  signal?: AbortSignal | undefined;
  onProgress?: (done: number, of: number) => void;
};

/** Each simulated user asks about this many times a day. */
const QUERIES_PER_USER = 4;

/** Events of one request: the edge takes at most 100. */
const BATCH = 50;

/**
 * Simulated users ask the edge and send feedback, as browsers would: everything goes through HTTP. The same seed and date
 * give the same event ids, so that a second time everything is a duplicate.
 * @throws NotReachableError where the edge does not answer a query or does not take feedback.
 */
export async function runDemonstration(options: DemonstrationOptions): Promise<DemonstrationResult> {
  const { edgeUrl, queries, classes, n = 400, seed, date, concurrency = 8, signal, onProgress } = options;
  const result: DemonstrationResult = { queries: 0, sent: 0, accepted: 0, duplicates: 0, rejected: 0 };
  if (queries.length === 0) return result;
  const ofLines = areLines(classes);
  const ids = new Map(classes.map((name, index) => [name, index + 1]));
  const order = randomOf(`order/${seed}/${date}`).shuffled(queries);
  const users = Math.max(1, Math.round(n / QUERIES_PER_USER));
  const told: FeedbackEvent[] = [];

  async function ask(place: number): Promise<void> {
    signal?.throwIfAborted();
    const query = order[place % order.length] as DemonstrationQuery;
    const truth = ids.get(query.label);
    if (truth === undefined) return;
    const key = `sim-${seed}-${date}-${place}`;
    const random = randomOf(`ask/${key}`);
    const user = userOf(seed, random.below(users));
    const asked = Date.now();
    const answer = ClassifyAnswer.parse(
      await post(`${edgeUrl}/api/classify`, {
        text: perturb(query.text, query.lang, random),
        ...(["ja", "en", "zh"].includes(query.lang) ? { lang: query.lang } : {}),
        userId: user.id,
        consent: true,
      }),
    );
    result.queries += 1;
    if (answer.safety !== undefined) return;
    const shown = answer.predictions.map((prediction) => prediction.id);
    const answeredAt = Date.now();
    for (const reaction of reactionsTo({ key, user, truth, classes: classes.length, ofLines }, shown))
      for (let time = 0; time < reaction.times; time++)
        told.push(eventOf(reaction, answer.eventId, user.id, answeredAt, answeredAt - asked));
    onProgress?.(result.queries, n);
  }

  async function tell(events: readonly FeedbackEvent[]): Promise<void> {
    const receipt = FeedbackAnswer.parse(await post(`${edgeUrl}/api/feedback`, { events }));
    result.sent += events.length;
    result.accepted += receipt.accepted;
    result.duplicates += receipt.duplicates;
    result.rejected += receipt.rejected.length;
  }

  await inParallel(
    Array.from({ length: n }, (_, place) => place),
    concurrency,
    ask,
  );
  // By the time they happened: who stayed long is heard of late.
  told.sort((a, b) => a.at - b.at);
  const batches = Array.from({ length: Math.ceil(told.length / BATCH) }, (_, i) =>
    told.slice(i * BATCH, (i + 1) * BATCH),
  );
  await inParallel(batches, 2, tell);
  return result;
}

function eventOf(
  reaction: Reaction,
  eventId: string,
  userId: string,
  answeredAt: number,
  roundTripMs: number,
): FeedbackEvent {
  const { delay, times: _, ...said } = reaction;
  return { ...said, eventId, userId, at: answeredAt + delay, roundTripMs };
}

async function inParallel<T>(items: readonly T[], workers: number, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}

async function post(url: string, body: unknown): Promise<unknown> {
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
  } catch (error) {
    throw new NotReachableError(`${url} did not answer: ${(error as Error).message}`, "See `npx haqei logs edge`.", {
      cause: error,
    });
  }
  if (!answer.ok)
    throw new NotReachableError(
      `${url} answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`,
      "See `npx haqei logs edge`.",
    );
  return answer.json();
}
