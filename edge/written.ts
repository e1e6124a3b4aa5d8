import type { Language } from "#contracts/event.ts";
import type { ClassifyAnswer } from "#contracts/http.ts";
import { type ReadingsById, show } from "./readings.ts";
import type { Scored } from "./scored.ts";

interface Writing {
  lang: Language;
  readings: ReadingsById | undefined;
  json: string;
}

/** What was written last of each answer that is kept somewhere, for as long as it is. */
const written = new WeakMap<Scored, Writing>();

/** The predictions with their readings as JSON. An answer that is given again is not written again, unless the readings changed. */
export function writePredictions(scored: Scored, readings: ReadingsById | undefined, lang: Language): string {
  const before = written.get(scored);
  if (before !== undefined && before.readings === readings && before.lang === lang) return before.json;
  const predictions = scored.predictions.map((prediction) => {
    const reading = readings?.get(prediction.id);
    return { ...prediction, ...(reading === undefined ? {} : show(reading, lang)) };
  });
  const json = JSON.stringify(predictions satisfies ClassifyAnswer["predictions"]);
  written.set(scored, { lang, readings, json });
  return json;
}
