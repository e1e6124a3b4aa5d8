import { z } from "zod";
import { ArtefactKind, Sha256 } from "./reference.ts";

/** Figures measured while an artefact was made, by name. */
export const Metrics = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));
export type Metrics = z.infer<typeof Metrics>;

/**
 * What stands beside an artefact's bytes: from what, by which code and with which settings they were made.
 * No clock: the same inputs give the same manifest.
 */
export const Manifest = z.object({
  schema: z.literal(1),
  kind: ArtefactKind,
  sha256: Sha256,
  bytes: z.number().int().nonnegative(),
  /** What made it: a stage's name, or the command. */
  producedBy: z.string(),
  parents: z.array(z.object({ name: z.string(), sha256: Sha256 })),
  codeDigest: z.string(),
  configDigest: z.string(),
  seed: z.number().int().optional(),
  metrics: Metrics,
});
export type Manifest = z.infer<typeof Manifest>;
