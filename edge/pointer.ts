import { Pointer } from "#contracts/pointer.ts";
import { pointerFault } from "#policy/blessing.ts";
import { verifierOf } from "./signatures.ts";
import { within } from "./within.ts";

/** The copy in KV: read from nearby, and late. */
const KV_KEY = "pointer";
/** KV's smallest. */
const KV_CACHE_SECONDS = 30;

/** The truth: the one row in D1, or undefined while nothing was ever released. */
export async function readPointer(env: Env): Promise<Pointer | undefined> {
  const row = await env.LOG.prepare("SELECT body FROM pointer WHERE id = 1").first<{ body: string }>();
  return row === null ? undefined : Pointer.parse(JSON.parse(row.body));
}

export type Move = { moved: true } | { moved: false; present: Pointer | undefined };

/**
 * Moves the pointer from `expectedEpoch` (0: there is none yet) to a higher one, and copies it to KV. One statement, so of two
 * who expect the same epoch one wins. Sending the pointer that already stands there is no conflict: it may have been
 * stored and its answer lost, and its copy is then made again.
 */
export async function movePointer(env: Env, pointer: Pointer, expectedEpoch: number): Promise<Move> {
  const body = JSON.stringify(pointer);
  const { meta } = await env.LOG.prepare(
    `INSERT INTO pointer (id, epoch, body)
     SELECT 1, ?1, ?2 WHERE coalesce((SELECT epoch FROM pointer WHERE id = 1), 0) = ?3 AND ?1 > ?3
     ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, body = excluded.body`,
  )
    .bind(pointer.epoch, body, expectedEpoch)
    .run();
  if (meta.changes === 0) {
    const present = await readPointer(env);
    if (JSON.stringify(present) !== body) return { moved: false, present };
  }
  await env.CACHE.put(KV_KEY, body);
  return { moved: true };
}

/** The copy, or where it says nothing or nobody answers for it, the truth; undefined where nobody answers for that either. */
async function lookUp(env: Env, heldEpoch: number): Promise<Pointer | undefined> {
  const copy = Pointer.safeParse(await env.CACHE.get(KV_KEY, { type: "json", cacheTtl: KV_CACHE_SECONDS }));
  // What is no news was answered for when it was.
  if (copy.success && (copy.data.epoch <= heldEpoch || (await isSigned(env, copy.data)))) return copy.data;
  const truth = await readPointer(env);
  return truth !== undefined && (await isSigned(env, truth)) ? truth : undefined;
}

async function isSigned(env: Env, pointer: Pointer): Promise<boolean> {
  const fault = await pointerFault(pointer, verifierOf(env));
  if (fault !== undefined) console.error(`the pointer of epoch ${pointer.epoch} is not followed: ${fault}`);
  return fault === undefined;
}

export interface PointerKeeper {
  /** The pointer held, looked up first where none is; a stale one is renewed behind the answer. */
  get(env: Env, waitUntil: (work: Promise<unknown>) => void): Promise<Pointer | undefined>;
  /** Takes a pointer in, if its epoch is higher: stale places may answer with one that was already left behind. */
  accept(pointer: Pointer): void;
  held(): Pointer | undefined;
}

/** One isolate's memory of the pointer. */
export function createPointerKeeper(): PointerKeeper {
  let held: Pointer | undefined;
  let lookedUpAt = Number.NEGATIVE_INFINITY;
  let renewing: Promise<void> | undefined;

  const accept = (pointer: Pointer) => {
    if (held === undefined || pointer.epoch > held.epoch) held = pointer;
  };
  const renew = (env: Env): Promise<void> => {
    renewing ??= lookUp(env, held?.epoch ?? -1)
      .then((found) => {
        if (found !== undefined) accept(found);
        lookedUpAt = Date.now();
      })
      .finally(() => {
        renewing = undefined;
      });
    return renewing;
  };

  return {
    accept,
    held: () => held,
    async get(env, waitUntil) {
      if (Date.now() - lookedUpAt > Number(env.POINTER_TTL_SECONDS) * 1000) {
        const renewal = renew(env).catch((error: unknown) => console.warn("the pointer could not be looked up", error));
        waitUntil(renewal);
        if (held === undefined) await within(Number(env.COLD_WAIT_MS), renewal);
      }
      return held;
    },
  };
}
