import type { Language } from "#contracts/event.ts";
import type { SafetyKind } from "#contracts/http.ts";
import { detectLanguage } from "#model/language.ts";
import { normalise } from "#model/normalise.ts";
import { safetyOf } from "#policy/safety.ts";
import { saltedHash } from "./keys.ts";
import { createLru } from "./lru.ts";

/** Texts remembered, of about 200 bytes each. */
const CAPACITY = 4000;

/** What there is to know of a text before any model is asked. */
export interface Asked {
  /** Salted hash of the normalised text. */
  textHash: string;
  /** The language it is written in, where the request does not say. */
  detected: Language;
}

export interface AskedBefore {
  /**
   * Of a text in danger nothing is remembered, so that it is looked at anew each time. What was normalised just now is given too.
   */
  read(secret: string, text: string): (Asked & { normalised?: string }) | { danger: SafetyKind; detected: Language };
}

/**
 * Normalising, looking for danger and hashing take longer than finding a kept answer, so that their outcome is kept as well: under
 * the salted hash of the text as it was written, since no text of a user stays here.
 */
export function createAskedBefore(): AskedBefore {
  const known = createLru<Asked>(CAPACITY);
  return {
    read(secret, text) {
      const key = saltedHash(secret, "text", text);
      const before = known.get(key);
      if (before !== undefined) return before;
      const normalised = normalise(text);
      const detected = detectLanguage(text);
      const danger = safetyOf(normalised);
      if (danger !== undefined) return { danger, detected };
      const textHash = normalised === text ? key : saltedHash(secret, "text", normalised);
      known.put(key, { textHash, detected });
      return { textHash, detected, normalised };
    },
  };
}
