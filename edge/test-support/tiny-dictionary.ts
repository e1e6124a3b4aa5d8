import { encodeDictionary } from "#model/dictionary.ts";

/** A dictionary's bytes: each word speaks for one class of as many as the tiny model has. */
export const tinyDictionary = (words: Readonly<Record<string, number>>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    encodeDictionary({
      classes: ["1", "2", "3", "4"],
      prior: Float32Array.of(0.1, 0.2, 0.3, 0.4),
      temperature: 1,
      words: Object.entries(words)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([term, id]) => ({
          term,
          authored: true,
          frequency: 1,
          users: 1,
          lastSeenDay: 1,
          classes: [{ id, weight: 2 }],
        })),
    }),
  );
