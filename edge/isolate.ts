import { type AnswerCache, createAnswerCache } from "./answer-cache.ts";
import { type Counters, createCounters } from "./counters.ts";
import { createExposureCounter, type ExposureCounter } from "./exposure.ts";
import { createFallback, type Fallback } from "./fallback.ts";
import { type LoadedModel, loadModel } from "./loaded-model.ts";
import { createModeKeeper, type ModeKeeper } from "./mode.ts";
import { createPointerKeeper, type PointerKeeper } from "./pointer.ts";
import { decodeReadings, type ReadingsById } from "./readings.ts";
import { createResidents, type Residents } from "./residents.ts";

/** What one isolate keeps in memory between requests. A cold one knows nothing and asks. */
export interface Isolate {
  pointer: PointerKeeper;
  mode: ModeKeeper;
  models: Residents<LoadedModel>;
  readings: Residents<ReadingsById>;
  fallback: Fallback;
  counters: Counters;
  exposure: ExposureCounter;
  answers: AnswerCache;
  /** What answered last for those who get the current model: it goes on answering while the next one loads. */
  lastServed: { sha256: string; version: string } | undefined;
  /** ms since 1970 of the first request: before one, the clock does not run. */
  startedAt: number | undefined;
}

/** @param fallbackBytes the bundled model; empty where none was built in */
export function createIsolate(fallbackBytes: ArrayBuffer): Isolate {
  const counters = createCounters();
  const counted = (kind: string) => (outcome: string) =>
    counters.add("haqei_edge_loads_total", `kind="${kind}",outcome="${outcome}"`);
  return {
    pointer: createPointerKeeper(),
    mode: createModeKeeper(),
    models: createResidents(loadModel, counted("model")),
    readings: createResidents(decodeReadings, counted("readings")),
    fallback: createFallback(fallbackBytes),
    counters,
    exposure: createExposureCounter(),
    answers: createAnswerCache(),
    lastServed: undefined,
    startedAt: undefined,
  };
}
