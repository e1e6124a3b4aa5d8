import { z } from "zod";
import { Sha256 } from "./reference.ts";

/** `vMAJOR.MINOR.PATCH`, with `-rcN` while it is a canary (specification 2.2). */
export const Version = z
  .string()
  .regex(/^v\d{1,9}\.\d{1,9}\.\d{1,9}(-rc\d{1,9})?$/, "a version such as v1.2.3 or v1.2.4-rc1");
export type Version = z.infer<typeof Version>;

/** Everything in a model's bytes that code outside of it depends on. */
export const ModelSchemas = z.object({
  /** Schema of the bytes, version of the features, version of the normaliser. */
  codec: z.number().int(),
  features: z.number().int(),
  normaliser: z.number().int(),
  /** Digest of the names of the classes, in order. */
  classes: Sha256,
});
export type ModelSchemas = z.infer<typeof ModelSchemas>;

/** A version's row of the compatibility matrix (specification 2.2). */
export const Compatibility = z.object({
  /** Versions that this one may take over from, such as `v1.2.x`. */
  backward_compatible: z.array(z.string()),
  cache_invalidation: z.boolean(),
  migration_required: z.boolean(),
  /** Name of the migration in `activities/migrations.ts`. */
  migration_script: z.string().nullable(),
});
export type Compatibility = z.infer<typeof Compatibility>;

/** A model that was given a version. */
export const ReleaseRecord = z.object({
  version: Version,
  sha256: Sha256,
  schemas: ModelSchemas,
  compatibility: Compatibility,
});
export type ReleaseRecord = z.infer<typeof ReleaseRecord>;

/** What became of a model on its way to users. */
export const ReleaseEvent = z.object({
  /** ms since 1970. */
  at: z.number(),
  sha256: Sha256,
  /** `released`: everybody has it. `rolled-back`: it was taken away from whoever had it. */
  outcome: z.enum(["released", "rolled-back"]),
  version: z.string().optional(),
  reason: z.string().optional(),
});
export type ReleaseEvent = z.infer<typeof ReleaseEvent>;
