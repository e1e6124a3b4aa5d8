import { z } from "zod";
import { Mode } from "#contracts/http.ts";
import { within } from "./within.ts";

/** The last switch is in KV, where isolates look it up; its history is in D1. */
const KV_KEY = "mode";
/** KV's smallest. */
const KV_CACHE_SECONDS = 30;
/** Switches that are listed. */
const HISTORY = 50;

const Switch = z.object({ mode: Mode, until: z.number().nullable(), reason: z.string(), at: z.number() });
export type Switch = z.infer<typeof Switch>;

/**
 * Writes the switch down, then lets every isolate know of it within a minute. Where D1 is away it is in KV alone: an incident of the
 * database, too, must have a way into simple mode (specification 8.2).
 */
export async function switchMode(env: Env, { mode, until, reason }: Omit<Switch, "at">): Promise<Switch> {
  const made: Switch = { mode, until, reason, at: Date.now() };
  await env.LOG.prepare("INSERT INTO modes (at, mode, until, reason) VALUES (?1, ?2, ?3, ?4)")
    .bind(made.at, mode, until, reason)
    .run()
    .catch((error: unknown) => console.error("a switch is not in the history", error));
  await env.CACHE.put(KV_KEY, JSON.stringify(made));
  return made;
}

/** The last switches, newest first; of those that were made while D1 was away, only the last. */
export async function modeHistory(env: Env): Promise<Switch[]> {
  const [last, history] = await Promise.all([
    env.CACHE.get(KV_KEY, "json").then((copy) => Switch.safeParse(copy).data),
    env.LOG.prepare("SELECT mode, until, reason, at FROM modes ORDER BY seq DESC LIMIT ?1")
      .bind(HISTORY)
      .all()
      .then(({ results }) => z.array(Switch).parse(results))
      .catch((error: unknown) => {
        console.error("the history of switches cannot be read", error);
        return [];
      }),
  ]);
  return last && last.at > (history[0]?.at ?? 0) ? [last, ...history] : history;
}

export interface ModeKeeper {
  /** Whether simple mode is in force now; looked up first where nothing is known, renewed behind the answer later. */
  isSimple(env: Env, waitUntil: (work: Promise<unknown>) => void): Promise<boolean>;
  /** Takes in a switch that was made here. */
  accept(made: Switch): void;
}

/** One isolate's memory of the last switch. A stale place cannot take it back: the later switch counts. */
export function createModeKeeper(): ModeKeeper {
  let held: Switch | undefined;
  let lookedUpAt = Number.NEGATIVE_INFINITY;

  const accept = (made: Switch) => {
    if (held === undefined || made.at >= held.at) held = made;
  };
  async function renew(env: Env): Promise<void> {
    try {
      const copy = Switch.safeParse(await env.CACHE.get(KV_KEY, { type: "json", cacheTtl: KV_CACHE_SECONDS }));
      if (copy.success) accept(copy.data);
    } catch (error) {
      console.warn("the mode could not be looked up", error);
    }
  }

  return {
    accept,
    async isSimple(env, waitUntil) {
      if (Date.now() - lookedUpAt > Number(env.POINTER_TTL_SECONDS) * 1000) {
        const first = lookedUpAt === Number.NEGATIVE_INFINITY;
        lookedUpAt = Date.now();
        const renewal = renew(env);
        waitUntil(renewal);
        if (first) await within(Number(env.COLD_WAIT_MS), renewal);
      }
      return held?.mode === "simple" && Date.now() < (held.until ?? 0);
    },
  };
}
