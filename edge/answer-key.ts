import type { Language } from "#contracts/event.ts";
import { NORMALISER_VERSION } from "#model/normalise.ts";

/** Rises when the same model would answer the same text otherwise, because the code that answers was changed. */
const ANSWERS_VERSION = 1;

/** A model as it is released: another generation has the same answers computed anew. */
export const releaseKey = (sha256: string, generation: number): string => `${sha256}/${generation}`;

/**
 * Under which an answer is kept: everything that it depends on, so that a release changes the keys and nothing has to be thrown
 * away by hand.
 *
 * @param release `releaseKey` of the model that answers
 * @param textHash salted hash of the normalised text: a key tells nobody what was asked
 */
export const answerKey = (release: string, lang: Language, top: number, textHash: string): string =>
  `${ANSWERS_VERSION}.${NORMALISER_VERSION}/${release}/${lang}/${top}/${textHash}`;
