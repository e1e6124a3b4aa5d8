import { decodeDictionary } from "#model/dictionary.ts";
import { createKeywordScorer, type KeywordScorer } from "#model/keywords.ts";
import type { LoadedModel } from "./loaded-model.ts";

/** @throws InputError where the bytes are no dictionary */
export const loadDictionary = (bytes: Uint8Array): KeywordScorer => createKeywordScorer(decodeDictionary(bytes));

/** The dictionary that ships with the code, decoded at first need; undefined where none was built in or it cannot be read. */
export function createBundledDictionary(bytes: ArrayBuffer): () => KeywordScorer | undefined {
  let decoded: { keywords: KeywordScorer | undefined } | undefined;
  function decode(): KeywordScorer | undefined {
    if (bytes.byteLength === 0) return undefined;
    try {
      return loadDictionary(new Uint8Array(bytes));
    } catch (error) {
      console.error("the bundled dictionary cannot be read", error);
      return undefined;
    }
  }
  return () => {
    decoded ??= { keywords: decode() };
    return decoded.keywords;
  };
}

/** In the place of a model where there is none: it knows how common classes are, and no text. */
export const modelOf = (keywords: KeywordScorer): LoadedModel => ({
  bytes: 0,
  classify(_text, { top }) {
    const predictions = keywords.prior(top);
    return { predictions, path: "prior", operations: 0, confidence: predictions[0]?.score ?? 0 };
  },
  explainAll: (_text, ids) => ({ reasons: ids.map(() => []), operations: 0 }),
});
