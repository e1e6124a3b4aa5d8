import type { ModelSchemas } from "#contracts/release.ts";
import { decodeModel } from "#model/codec.ts";
import { digestOf } from "./digest.ts";

/** What code outside of a model depends on, read from its bytes. @throws InputError where they are no model of this code */
export function schemasOf(model: Uint8Array): ModelSchemas {
  const { schema, features, normaliser, classes } = decodeModel(model);
  return { codec: schema, features, normaliser, classes: digestOf(classes) };
}
