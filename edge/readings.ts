import type { Language } from "#contracts/event.ts";
import type { ShownReading } from "#contracts/http.ts";
import { type LineReading, Readings } from "#contracts/readings.ts";

export type ReadingsById = ReadonlyMap<number, LineReading>;

/** @throws where the bytes are not the JSON of `Readings` */
export function decodeReadings(bytes: Uint8Array): ReadingsById {
  const { lines } = Readings.parse(JSON.parse(new TextDecoder().decode(bytes)));
  return new Map(lines.map((line) => [line.id, line]));
}

/** A line's texts in one language; where that is not written, in Japanese, which always is. */
export function show(reading: LineReading, lang: Language): ShownReading {
  return {
    hexagram: reading.hexagram,
    position: reading.position,
    line: reading.label,
    names: reading.names,
    stage: reading.stage[lang] ?? reading.stage.ja,
    shin: reading.shin[lang] ?? reading.shin.ja,
    hen: reading.hen[lang] ?? reading.hen.ja,
    changedTo: reading.changedTo,
  };
}
