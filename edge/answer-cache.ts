import { createLru } from "./lru.ts";
import { Scored } from "./scored.ts";
import { createWarmed } from "./warmed.ts";
import { within } from "./within.ts";

/** Answers kept in one isolate, of about 1 kB each. */
const CAPACITY = 2000;
/** Specification 5.1. */
const TTL_SECONDS = 86_400;
/** The Cache API is near or of no use: an answer that is late from it is scored instead. */
const EDGE_WAIT_MS = 50;

export type CacheLevel = "memory" | "kv" | "edge";
type WaitUntil = (work: Promise<unknown>) => void;

/** Where an answer is looked for, and kept. */
export interface CachePlace {
  key: string;
  /** `releaseKey` of the model that answers. */
  release: string;
  /** Whether the Cache API is asked: a look-up there costs CPU of its own, which a short text is not worth. */
  edge: boolean;
  /** Whether this release may have a warmed set: only the current one is warmed. */
  warmed: boolean;
}

export interface AnswerCache {
  /** The answer and where it was: this isolate's memory, the set warmed after the release, or the Cache API. */
  find(env: Env, waitUntil: WaitUntil, place: CachePlace): Promise<{ scored: Scored; level: CacheLevel } | undefined>;
  /** Keeps an answer in memory, and in the Cache API behind the answer. Nothing is written to KV. */
  keep(waitUntil: WaitUntil, place: CachePlace, scored: Scored): void;
}

// The Cache API wants an address; none that anybody could ask for.
const addressOf = (key: string): string => `https://answers.invalid/${key}`;

async function findAtEdge(key: string): Promise<Scored | undefined> {
  try {
    const response = await within(EDGE_WAIT_MS, caches.default.match(addressOf(key)));
    return response === undefined ? undefined : Scored.safeParse(await response.json()).data;
  } catch (error) {
    console.warn("the Cache API does not answer", error);
    return undefined;
  }
}

const keepAtEdge = (key: string, scored: Scored): Promise<void> =>
  caches.default
    .put(addressOf(key), Response.json(scored, { headers: { "cache-control": `public, max-age=${TTL_SECONDS}` } }))
    .catch((error: unknown) => console.warn("an answer could not be kept in the Cache API", error));

/** One isolate's view of what was answered before. */
export function createAnswerCache(): AnswerCache {
  const memory = createLru<Scored>(CAPACITY);
  const prepared = createWarmed();
  return {
    async find(env, waitUntil, { key, release, edge, warmed }) {
      const remembered = memory.get(key);
      if (remembered !== undefined) return { scored: remembered, level: "memory" };
      const ready = prepared.find(release, key);
      if (ready !== undefined) return { scored: ready, level: "kv" };
      if (warmed) waitUntil(prepared.look(env, release));
      const near = edge ? await findAtEdge(key) : undefined;
      if (near === undefined) return undefined;
      memory.put(key, near);
      return { scored: near, level: "edge" };
    },
    keep(waitUntil, { key, edge }, scored) {
      memory.put(key, scored);
      if (edge) waitUntil(keepAtEdge(key, scored));
    },
  };
}
