import { z } from "zod";

/** Hex SHA-256 of the bytes it names. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits");

/** What an artefact's bytes hold. */
export const ArtefactKind = z.enum([
  "events",
  "dataset",
  "queries",
  "model",
  "evaluation",
  "decision",
  "release",
  "readings",
  "keywords",
  "dictionary",
  "erasures",
  "window",
  "checkpoint",
  "blessing",
  "report",
]);
export type ArtefactKind = z.infer<typeof ArtefactKind>;

/** A payload by reference: the only form in which data passes through Temporal. `bytes` is a count. */
export const ArtefactReference = z.object({
  uri: z.string().min(1),
  sha256: Sha256,
  bytes: z.number().int().nonnegative(),
  kind: ArtefactKind,
});
export type ArtefactReference = z.infer<typeof ArtefactReference>;
