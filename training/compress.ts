import { decodeModel, encodeModel } from "#model/codec.ts";

/** The same model with vectors and head in 16 bits. Throws InputError for malformed bytes, or numbers beyond 65,504. */
export function toFloat16(modelBytes: Uint8Array): Uint8Array {
  const compressed = encodeModel({ ...decodeModel(modelBytes), rung: "float16" });
  decodeModel(compressed);
  return compressed;
}
