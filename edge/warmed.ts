import { z } from "zod";
import { MAX_WARM_PARTS } from "#contracts/http.ts";
import { Scored } from "./scored.ts";

/** A set that is not there yet is looked for again after so long: it is written some time after its release. */
const LOOK_AGAIN_MS = 60_000;
/** So that sets of models that are long gone disappear; one that still serves is warmed again by the next batch. */
const KEEP_SECONDS = 30 * 86_400;

/** One part of the answers that were computed before anybody asked, by `answerKey`. */
const WarmedPart = z.object({
  parts: z.number().int().min(1).max(MAX_WARM_PARTS),
  answers: z.record(z.string(), Scored),
});
export type WarmedPart = z.infer<typeof WarmedPart>;

const kvKey = (release: string, part: number): string => `warm/${release}/${part}`;

/** Writes part `part` of a release's set: one KV value, never one a query. */
export const writeWarmed = (env: Env, release: string, part: number, content: WarmedPart): Promise<void> =>
  env.CACHE.put(kvKey(release, part), JSON.stringify(content), { expirationTtl: KEEP_SECONDS });

async function readPart(env: Env, release: string, part: number): Promise<WarmedPart | undefined> {
  return WarmedPart.safeParse(await env.CACHE.get(kvKey(release, part), "json")).data;
}

async function readAll(env: Env, release: string): Promise<Map<string, Scored> | undefined> {
  const first = await readPart(env, release, 0);
  if (first === undefined) return undefined;
  const others = Array.from({ length: first.parts - 1 }, (_, index) => readPart(env, release, index + 1));
  const parts = [first, ...(await Promise.all(others))];
  return new Map(parts.flatMap((part) => Object.entries(part?.answers ?? {})));
}

export interface Warmed {
  /** The answer under this key, if the release's set is in memory. */
  find(release: string, key: string): Scored | undefined;
  /** Brings the release's set into memory where KV has one. Meant to run behind an answer; never rejects. */
  look(env: Env, release: string): Promise<void>;
}

/** One isolate's memory of the warmed set: of one release at a time. */
export function createWarmed(): Warmed {
  let held: { release: string; answers: Map<string, Scored> } | undefined;
  let looked = { release: "", at: Number.NEGATIVE_INFINITY };

  return {
    find: (release, key) => (held?.release === release ? held.answers.get(key) : undefined),
    async look(env, release) {
      if (held?.release === release) return;
      if (looked.release === release && Date.now() - looked.at < LOOK_AGAIN_MS) return;
      looked = { release, at: Date.now() };
      try {
        const answers = await readAll(env, release);
        if (answers !== undefined) held = { release, answers };
      } catch (error) {
        console.warn("the warmed answers could not be read", error);
      }
    },
  };
}
