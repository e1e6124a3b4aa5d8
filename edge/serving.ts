import type { Pointer } from "#contracts/pointer.ts";
import type { KeywordScorer } from "#model/keywords.ts";
import { assign } from "#policy/buckets.ts";
import { releaseKey } from "./answer-key.ts";
import { modelOf } from "./dictionary.ts";
import { HttpError } from "./http-error.ts";
import type { Isolate } from "./isolate.ts";
import type { LoadedModel } from "./loaded-model.ts";
import type { ReadingsById } from "./readings.ts";
import { within } from "./within.ts";

/** Stands for the bundled dictionary, of which no digest is computed. */
const NO_DIGEST = "0".repeat(64);

/** Who answers a query, and under which name it is counted. */
export interface Serving {
  /** What `assign` says, or `previous` or `fallback` where that model is not in memory. */
  bucket: string;
  sha256: string;
  version: string;
  model: LoadedModel;
  readings: ReadingsById | undefined;
  /** `releaseKey` of the model; undefined for the bundled one, whose answers are not kept. */
  release: string | undefined;
  /** The dictionary to score by where the model cannot. */
  keywords: KeywordScorer | undefined;
  /** The model stands in for a released one that cannot be had, while the released dictionary can. */
  standsIn?: boolean;
  /** Not even scored: only how common each class is. */
  priorOnly?: boolean;
}

export type WaitUntil = (work: Promise<unknown>) => void;

const digestsOf = (pointer: Pointer, isolate: Isolate): string[] =>
  [
    pointer.current.sha256,
    pointer.canary?.sha256,
    pointer.previous?.sha256,
    pointer.shadow?.sha256,
    isolate.lastServed?.sha256,
    ...pointer.experiments.flatMap(({ arms }) => arms.map(({ sha256 }) => sha256)),
  ].filter((sha256) => sha256 !== undefined);

/** Starts what is missing, in flight beyond this answer: whoever waits for it later must find it finished. */
function startLoading<T>(waitUntil: WaitUntil, load: Promise<T>): Promise<T | undefined> {
  const quiet = load.catch(() => undefined);
  waitUntil(quiet);
  return quiet;
}

/**
 * The model the pointer gives this person, if it is in memory; else, while it loads, the one that served before. Only a
 * cold isolate waits. Undefined where no released model can answer.
 */
async function released(
  isolate: Isolate,
  env: Env,
  waitUntil: WaitUntil,
  pointer: Pointer,
  person: string | undefined,
): Promise<Pick<Serving, "bucket" | "sha256" | "version" | "model"> | undefined> {
  const assigned = assign(pointer, person);
  const ready = isolate.models.peek(assigned.sha256);
  // Nothing is new since the last time: nothing to load, and nothing to let go of.
  if (ready !== undefined && isolate.lastServed === pointer.current) return { ...assigned, model: ready };
  const loading = startLoading(waitUntil, isolate.models.load(env, assigned.sha256));

  const resident = (): Pick<Serving, "bucket" | "sha256" | "version" | "model"> | undefined => {
    const candidates = [
      assigned,
      { bucket: "current", ...pointer.current },
      isolate.lastServed && { bucket: "previous", ...isolate.lastServed },
    ];
    for (const candidate of candidates) {
      if (candidate === undefined) continue;
      const model = isolate.models.peek(candidate.sha256);
      const { bucket, sha256, version } = candidate;
      if (model !== undefined) return { bucket, sha256, version, model };
    }
    return undefined;
  };

  if (resident() === undefined) {
    const begun = Date.now();
    await within(Number(env.COLD_WAIT_MS), loading);
    if (resident() === undefined && Date.now() - begun >= Number(env.COLD_WAIT_MS))
      isolate.tally.add({}, { timeouts: 1 });
  }
  const found = resident();
  if (found?.bucket === "current") isolate.lastServed = pointer.current;
  isolate.models.keep(digestsOf(pointer, isolate));
  return found;
}

/** The texts beside the predictions. An answer without them is better than a late one, except from a cold isolate. */
async function readingsOf(
  isolate: Isolate,
  env: Env,
  waitUntil: WaitUntil,
  sha256: string | undefined,
): Promise<ReadingsById | undefined> {
  if (sha256 === undefined) return undefined;
  const ready = isolate.readings.peek(sha256);
  if (ready !== undefined) return ready;
  const loaded = await within(Number(env.COLD_WAIT_MS), startLoading(waitUntil, isolate.readings.load(env, sha256)));
  if (loaded !== undefined) isolate.readings.keep([sha256]);
  return loaded;
}

/** The released dictionary, if it is in memory; it is waited for only where no model can answer. */
async function keywordsOf(
  isolate: Isolate,
  env: Env,
  waitUntil: WaitUntil,
  sha256: string | undefined,
  isNeeded: boolean,
): Promise<KeywordScorer | undefined> {
  if (sha256 === undefined) return undefined;
  const ready = isolate.dictionaries.peek(sha256);
  if (ready !== undefined) return ready;
  const loading = startLoading(waitUntil, isolate.dictionaries.load(env, sha256));
  const loaded = isNeeded ? await within(Number(env.COLD_WAIT_MS), loading) : undefined;
  isolate.dictionaries.keep([sha256]);
  return loaded;
}

/** Has a cold isolate fetch what most are answered by, while a text is still being read. Whoever answers waits for the same. */
export async function beginLoading(isolate: Isolate, env: Env, waitUntil: WaitUntil): Promise<void> {
  const pointer = await isolate.pointer.get(env, waitUntil);
  if (pointer === undefined) return;
  startLoading(waitUntil, isolate.models.load(env, pointer.current.sha256));
  if (pointer.readings !== undefined) startLoading(waitUntil, isolate.readings.load(env, pointer.readings));
}

/** The readings that the pointer names, and their digest. @throws HttpError 404 where it names none or they cannot be had */
export async function demandReadings(
  isolate: Isolate,
  env: Env,
  waitUntil: WaitUntil,
): Promise<{ sha256: string; readings: ReadingsById }> {
  const sha256 = (await isolate.pointer.get(env, waitUntil))?.readings;
  const readings = await readingsOf(isolate, env, waitUntil, sha256);
  if (sha256 !== undefined && readings !== undefined) return { sha256, readings };
  throw new HttpError(404, "ReadingNotFound", "no readings are released: release a pointer with readings");
}

/**
 * Who answers now. Never fails because of what lies behind it: without pointer, store or model the bundled model answers.
 *
 * @param person what holds someone in one bucket: a user's or a session's id
 * @throws HttpError 503 only where there is no bundled model either
 */
export async function serving(isolate: Isolate, env: Env, waitUntil: WaitUntil, person?: string): Promise<Serving> {
  const pointer = await isolate.pointer.get(env, waitUntil);
  const [model, readings] = await Promise.all([
    pointer && released(isolate, env, waitUntil, pointer, person),
    readingsOf(isolate, env, waitUntil, pointer?.readings),
  ]);
  const current = await keywordsOf(isolate, env, waitUntil, pointer?.dictionary, model === undefined);
  if (model !== undefined) {
    const release = releaseKey(model.sha256, pointer?.cacheGeneration ?? 0);
    return { ...model, readings, keywords: current ?? isolate.bundledKeywords(), release };
  }
  const bundled = await isolate.fallback.get();
  const keywords = current ?? isolate.bundledKeywords();
  const standsIn = current !== undefined;
  const common = { bucket: "fallback", version: "fallback", readings, keywords, standsIn, release: undefined };
  if (bundled !== undefined) return { ...common, ...bundled };
  // Its digest names what answers, as a model's would.
  if (keywords !== undefined) return { ...common, sha256: pointer?.dictionary ?? NO_DIGEST, model: modelOf(keywords) };
  throw new HttpError(503, "ModelUnavailable", "no model is released yet, and none is bundled with this edge", {
    headers: { "retry-after": "5" },
  });
}

/**
 * Who answers a query now: `serving`, unless simple mode is in force. Then it is the bundled model, or where there is none the
 * released one's prior; both count as the bucket `simple`, and nothing is kept of them.
 */
export async function answering(isolate: Isolate, env: Env, waitUntil: WaitUntil, person?: string): Promise<Serving> {
  const [simple, by] = await Promise.all([
    isolate.mode.isSimple(env, waitUntil),
    serving(isolate, env, waitUntil, person),
  ]);
  if (!simple) return by;
  const bundled = await isolate.fallback.get();
  const model = bundled ? { ...bundled, version: "fallback", priorOnly: false } : { priorOnly: true };
  return { ...by, ...model, bucket: "simple", release: undefined };
}
