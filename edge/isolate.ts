import type { KeywordScorer } from "#model/keywords.ts";
import { createFlusher, type Flusher } from "./analytics.ts";
import { type AnswerCache, createAnswerCache } from "./answer-cache.ts";
import { type AskedBefore, createAskedBefore } from "./asked.ts";
import { unblessed } from "./blessings.ts";
import { type Counters, createCounters } from "./counters.ts";
import { createBundledDictionary, loadDictionary } from "./dictionary.ts";
import { createExposureCounter, type ExposureCounter } from "./exposure.ts";
import { createFallback, type Fallback } from "./fallback.ts";
import { type LoadedModel, loadModel } from "./loaded-model.ts";
import type { Writing } from "./log.ts";
import { createModeKeeper, type ModeKeeper } from "./mode.ts";
import { createPointerKeeper, type PointerKeeper } from "./pointer.ts";
import { decodeReadings, type ReadingsById } from "./readings.ts";
import { createResidents, type Residents } from "./residents.ts";
import { createShadow, type Shadow } from "./shadow.ts";
import { createTally, type Tally } from "./tally.ts";
import { createWatchedStores } from "./watched-stores.ts";

/** What one isolate keeps in memory between requests. A cold one knows nothing and asks. */
export interface Isolate {
  pointer: PointerKeeper;
  mode: ModeKeeper;
  models: Residents<LoadedModel>;
  readings: Residents<ReadingsById>;
  dictionaries: Residents<KeywordScorer>;
  fallback: Fallback;
  /** The bundled dictionary. */
  bundledKeywords: () => KeywordScorer | undefined;
  counters: Counters;
  exposure: ExposureCounter;
  answers: AnswerCache;
  asked: AskedBefore;
  tally: Tally;
  flusher: Flusher;
  writing: Writing;
  shadow: Shadow;
  /** The bindings, with their calls counted and timed. */
  watch: ReturnType<typeof createWatchedStores>;
  /** What answered last for those who get the current model: it goes on answering while the next one loads. */
  lastServed: { sha256: string; version: string } | undefined;
  /** ms since 1970 of the first request: before one, the clock does not run. */
  startedAt: number | undefined;
}

/** Strings of two bytes a character, and their objects, in place of UTF-8. */
const TEXTS_FACTOR = 2;

/** @param fallbackBytes the bundled model, and @param dictionaryBytes the bundled dictionary; empty where none was built in */
export function createIsolate(fallbackBytes: ArrayBuffer, dictionaryBytes: ArrayBuffer): Isolate {
  const tally = createTally();
  const counters = createCounters(tally);
  const counted = (kind: string) => (outcome: string) =>
    counters.add("haqei_edge_loads_total", `kind="${kind}",outcome="${outcome}"`);
  const models = createResidents(loadModel, ({ bytes }) => bytes, counted("model"), unblessed);
  const inMemory = (_: unknown, bytes: number) => TEXTS_FACTOR * bytes;
  return {
    pointer: createPointerKeeper(),
    mode: createModeKeeper(),
    models,
    readings: createResidents(decodeReadings, inMemory, counted("readings")),
    dictionaries: createResidents(loadDictionary, inMemory, counted("dictionary")),
    fallback: createFallback(fallbackBytes),
    bundledKeywords: createBundledDictionary(dictionaryBytes),
    counters,
    exposure: createExposureCounter(),
    answers: createAnswerCache(),
    asked: createAskedBefore(),
    tally,
    flusher: createFlusher(),
    writing: { now: 0 },
    shadow: createShadow(models, tally),
    watch: createWatchedStores(tally),
    lastServed: undefined,
    startedAt: undefined,
  };
}
