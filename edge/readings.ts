import { z } from "zod";
import type { Language } from "#contracts/event.ts";
import type { ShownReading } from "#contracts/http.ts";
import { LineReading } from "#contracts/readings.ts";

/** The lines that have a reading, and the reading of each. */
export interface ReadingsById {
  readonly ids: readonly number[];
  get(id: number): LineReading | undefined;
}

/** `Readings` before its lines are looked at. */
const Unread = z.object({ schema: z.literal(1), lines: z.array(z.looseObject({ id: LineReading.shape.id })) });

/**
 * Readings of which each is held to its schema when it is asked for first: to do so with all at once costs a cold isolate more than
 * its first answer. One that breaks it is none.
 * @throws where the bytes are not the JSON of `Readings`
 */
export function decodeReadings(bytes: Uint8Array): ReadingsById {
  const { lines } = Unread.parse(JSON.parse(new TextDecoder().decode(bytes)));
  const unread = new Map(lines.map((line) => [line.id, line]));
  const read = new Map<number, LineReading | undefined>();
  return {
    ids: [...unread.keys()],
    get(id) {
      if (!read.has(id)) read.set(id, LineReading.safeParse(unread.get(id)).data);
      return read.get(id);
    },
  };
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
