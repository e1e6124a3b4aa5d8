import type { FeedbackEvent } from "#contracts/event.ts";
import type { ClassifyAnswer, ClassifyRequest, ErrorAnswer, FeedbackAnswer } from "#contracts/http.ts";

/** What a person did with an answer; the client adds when, who, and an id that makes sending it twice harmless. */
export type Reaction = Omit<FeedbackEvent, "id" | "at" | "userId" | "roundTripMs">;

type Question = Partial<Omit<ClassifyRequest, "text" | "userId">>;

export interface ClientOptions {
  /** Address of the edge, without a slash at its end; empty for the page's own. */
  url?: string;
  /** Who asks: a user's id, or one that this browser made for itself. */
  userId: string;
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Hands a body over to be sent though the page goes away; false where it was not taken. */
  beacon?: (url: string, body: string) => boolean;
  /** How long reactions are gathered before they are sent together, and the first wait after a failure; in ms. */
  gatherMs?: number;
  retryMs?: number;
}

export interface Client {
  /** @throws EdgeError what the edge refused, or that it did not answer */
  classify(text: string, question?: Question): Promise<ClassifyAnswer>;
  /**
   * Resolves once the reaction is durably written, however often that had to be tried.
   * @throws EdgeError where the edge refuses it: trying again would not help
   */
  feedback(reaction: Reaction): Promise<void>;
  /** The page goes away, perhaps for good: what waits is handed to the browser, and kept in case the page comes back. */
  leave(): void;
}

/** What the edge said, by its stable name; `NotReachable` where it said nothing. */
export class EdgeError extends Error {
  readonly status: number;
  constructor(name: string, message: string, status: number) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

/** Browsers make UUIDs on secure pages only. */
export const newId = (): string => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;

/** The edge takes so many in one request, and browsers so many bytes of one that outlives its page. */
const BATCH = 100;
const BEACON_BYTES = 60_000;
const LONGEST_WAIT_MS = 60_000;
/** The edge answers within 10 seconds or not at all. */
const SILENT_MS = 20_000;

interface Waiting {
  event: FeedbackEvent;
  done(): void;
  refused(error: EdgeError): void;
}

const bodyOf = (batch: readonly Waiting[]): string => {
  const events = batch.map(({ event }) => event);
  return JSON.stringify(events.length === 1 ? events[0] : { events });
};

/** A client of the edge. Knows nothing of a browser; `browser.ts` gives it one. */
export function createClient({
  url = "",
  userId,
  fetch: ask = (...args) => fetch(...args),
  beacon,
  gatherMs = 100,
  retryMs = 1000,
}: ClientOptions): Client {
  const feedbackUrl = `${url}/api/v1/feedback`;
  const waiting: Waiting[] = [];
  /** How long the last answer took, which is told with what was done with it. */
  let last: { eventId: string; roundTripMs: number } | undefined;
  let scheduled = false;
  let sending = false;
  let failures = 0;

  async function post<T>(to: string, body: string): Promise<T> {
    const signal = AbortSignal.timeout(SILENT_MS);
    const init = { method: "POST", headers: { "content-type": "application/json" }, body, signal };
    const unreachable = (error: unknown) => {
      throw new EdgeError("NotReachable", String(error), 0);
    };
    const response = await ask(to, init).catch(unreachable);
    const answer: unknown = await response.json().catch(unreachable);
    if (response.ok) return answer as T;
    const { name, message } = (answer as ErrorAnswer).error;
    throw new EdgeError(name, message, response.status);
  }

  const later = (ms: number) => {
    if (scheduled) return;
    scheduled = true;
    setTimeout(send, ms);
  };

  async function send(): Promise<void> {
    scheduled = false;
    if (sending || waiting.length === 0) return;
    sending = true;
    const batch = waiting.slice(0, BATCH);
    const settle = (refusal: (index: number) => EdgeError | undefined) => {
      failures = 0;
      waiting.splice(0, batch.length);
      batch.forEach(({ done, refused }, index) => {
        const error = refusal(index);
        if (error) refused(error);
        else done();
      });
    };
    try {
      const { rejected } = await post<FeedbackAnswer>(feedbackUrl, bodyOf(batch));
      settle((at) => {
        const no = rejected.find(({ index }) => index === at);
        return no && new EdgeError(no.name, no.message, 202);
      });
    } catch (caught) {
      const error = caught as EdgeError;
      if (error.status >= 400 && error.status < 500 && error.status !== 429) settle(() => error);
      else failures += 1;
    }
    sending = false;
    if (waiting.length > 0) later(failures ? Math.min(LONGEST_WAIT_MS, retryMs * 2 ** (failures - 1)) : 0);
  }

  return {
    async classify(text, question) {
      const asked = performance.now();
      const answer = await post<ClassifyAnswer>(
        `${url}/api/v1/classify`,
        JSON.stringify({ ...question, text, userId }),
      );
      last = { eventId: answer.eventId, roundTripMs: Math.round(performance.now() - asked) };
      return answer;
    },
    feedback: (reaction) =>
      new Promise((done, refused) => {
        const trip = reaction.eventId === last?.eventId ? { roundTripMs: last.roundTripMs } : {};
        const event: FeedbackEvent = { ...reaction, ...trip, id: newId(), at: Date.now(), userId };
        waiting.push({ event, done, refused });
        later(gatherMs);
      }),
    leave() {
      for (let from = 0, size = BATCH; from < waiting.length; ) {
        const batch = waiting.slice(from, from + size);
        const body = bodyOf(batch);
        if (body.length > BEACON_BYTES && size > 1) size = Math.ceil(size / 2);
        else {
          if (!beacon?.(feedbackUrl, body)) return;
          from += batch.length;
        }
      }
    },
  };
}
