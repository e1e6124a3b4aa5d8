import { z } from "zod";
import { canonicalJson } from "./canonical-json.ts";
import { Sha256 } from "./reference.ts";

const Served = z.object({ sha256: Sha256, version: z.string().min(1) });

/** Which model serves which share of users (http.md). Accepted only with a higher `epoch` than the one held. */
export const Pointer = z.object({
  schema: z.literal(1),
  epoch: z.number().int().nonnegative(),
  current: Served,
  canary: Served.extend({ basisPoints: z.number().int().min(0).max(10_000) }).optional(),
  previous: Served.optional(),
  /** A candidate that answers beside the current model without being shown, for this share (0 to 1) of people. */
  shadow: Served.extend({ sample: z.number().min(0).max(1) }).optional(),
  experiments: z
    .array(
      z.object({
        name: z.string(),
        salt: z.string(),
        arms: z.array(z.object({ name: z.string(), sha256: Sha256, basisPoints: z.number().int().min(0).max(10_000) })),
      }),
    )
    .default([]),
  salt: z.string().default("haqei"),
  cacheGeneration: z.number().int().nonnegative().default(0),
  /** Readings to show with the predictions: an artefact of its own, by digest. */
  readings: Sha256.optional(),
  /** Keyword dictionary to score by where the model cannot: an artefact of its own, by digest. */
  dictionary: Sha256.optional(),
  /** Ed25519 over `pointerText`, base64url, by a key that the edge knows. The edge takes no pointer without. */
  signature: z.string().max(100).optional(),
});
export type Pointer = z.infer<typeof Pointer>;

/** What a pointer's signature covers: all of it but the signature. */
export const pointerText = ({ signature: _signature, ...pointer }: Pointer): string =>
  `haqei-pointer-1\n${canonicalJson(pointer)}`;
