import { encodeModel } from "#model/codec.ts";
import { createExtractor, FEATURES_VERSION } from "#model/features.ts";
import { NORMALISER_VERSION, normalise } from "#model/normalise.ts";

/** A model's bytes that know one text a class: a dimension a class, and each n-gram speaks for the classes that have it. */
export function tinyModel(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const { extract } = createExtractor();
  const keysOf = texts.map((text) => {
    const { keys, length } = extract(normalise(text));
    return new Set(keys.slice(0, length));
  });
  const keys = Uint32Array.from(new Set(keysOf.flatMap((set) => [...set]))).sort();
  const k = texts.length;
  const model = {
    schema: 1,
    rung: "float32",
    normaliser: NORMALISER_VERSION,
    features: FEATURES_VERSION,
    classes: texts.map((_, index) => String(index + 1)),
    dimension: k,
    keys,
    idf: new Float32Array(keys.length).fill(1),
    vectors: Float32Array.from({ length: keys.length * k }, (_, at) =>
      keysOf[at % k]?.has(keys[Math.floor(at / k)] as number) ? 1 : 0,
    ),
    head: Float32Array.from({ length: k * k }, (_, at) => (Math.floor(at / k) === at % k ? 1 : 0)),
    bias: new Float32Array(k),
    prior: new Float32Array(k).fill(1 / k),
    temperature: 1,
  } as const;
  return new Uint8Array(encodeModel(model));
}
