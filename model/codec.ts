import { InputError } from "#contracts/errors.ts";
import { pack, type SectionReader, unpack } from "./container.ts";
import { FEATURES_VERSION } from "./features.ts";
import { fromHalves, toHalves } from "./float16.ts";
import type { Model, Rung } from "./model.ts";
import { NORMALISER_VERSION } from "./normalise.ts";

const MAGIC = "HAQEIMDL";
const FORMAT = "model";
const MAX_CLASSES = 100_000;
const MAX_DIMENSION = 4096;

interface Header {
  schema: 1;
  rung: Rung;
  normaliser: number;
  features: number;
  classes: string[];
  dimension: number;
  vocabulary: number;
  temperature: number;
}

/**
 * The bytes of a model; the same model gives the same bytes. On rung `float16` vectors and head are stored in 16 bits.
 * Sections: keys, idf, vectors, head, bias, prior.
 */
export function encodeModel(model: Model): Uint8Array {
  const header: Header = {
    schema: model.schema,
    rung: model.rung,
    normaliser: model.normaliser,
    features: model.features,
    classes: [...model.classes],
    dimension: model.dimension,
    vocabulary: model.keys.length,
    temperature: model.temperature,
  };
  const store = model.rung === "float16" ? toHalves : (values: Float32Array) => values;
  return pack(MAGIC, header, [model.keys, model.idf, store(model.vectors), store(model.head), model.bias, model.prior]);
}

/**
 * Reads a model; on rung `float32` its arrays are views into `bytes`.
 * Throws InputError for malformed bytes, and for a model made by another version of the normaliser or the features.
 */
export function decodeModel(bytes: Uint8Array): Model {
  const { header: raw, sections } = unpack(MAGIC, FORMAT, bytes);
  const header = readHeader(raw);
  const { classes, dimension, vocabulary, temperature, rung, normaliser, features } = header;
  const matrix = rung === "float16" ? readHalves : readFloats;
  const keys = sections.uint32(vocabulary, "keys");
  const model: Model = {
    schema: 1,
    rung,
    normaliser,
    features,
    classes,
    dimension,
    keys,
    idf: readFloats(sections, vocabulary, "idf"),
    vectors: matrix(sections, vocabulary * dimension, "vectors"),
    head: matrix(sections, classes.length * dimension, "head"),
    bias: readFloats(sections, classes.length, "bias"),
    prior: readFloats(sections, classes.length, "prior"),
    temperature,
  };
  sections.end();
  for (let at = 1; at < keys.length; at += 1) {
    check((keys[at - 1] as number) < (keys[at] as number), "its keys do not ascend");
  }
  return model;
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new InputError(`not a usable model: ${what}`, "Train or fetch the model again.");
}

const isCount = (value: unknown, least: number, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

function readHeader(raw: unknown): Header {
  check(typeof raw === "object" && raw !== null && !Array.isArray(raw), "its header is no object");
  const header = raw as Record<string, unknown>;
  check(header.schema === 1, `its schema is ${String(header.schema)}, not 1`);
  check(header.rung === "float32" || header.rung === "float16", `its rung is ${String(header.rung)}`);
  check(
    header.normaliser === NORMALISER_VERSION && header.features === FEATURES_VERSION,
    `it was made with normaliser ${String(header.normaliser)} and features ${String(header.features)}, ` +
      `this code has ${NORMALISER_VERSION} and ${FEATURES_VERSION}`,
  );
  const { classes } = header;
  check(Array.isArray(classes) && isCount(classes.length, 1, MAX_CLASSES), "it names no classes, or too many");
  check(
    classes.every((name) => typeof name === "string" && name !== ""),
    "a class has no name",
  );
  check(new Set(classes).size === classes.length, "two classes have one name");
  check(isCount(header.dimension, 1, MAX_DIMENSION), `its dimension is ${String(header.dimension)}`);
  check(isCount(header.vocabulary, 0, 2 ** 28), `its vocabulary is ${String(header.vocabulary)}`);
  const { temperature } = header;
  check(typeof temperature === "number" && temperature > 0, `its temperature is ${String(temperature)}`);
  return header as unknown as Header;
}

function finite(values: Float32Array, name: string): Float32Array {
  // x * 0 is 0 for every finite x and NaN for the others: one test for millions of numbers.
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += (values[at] as number) * 0;
  check(sum === 0, `${name} holds a number that is not finite`);
  return values;
}

const readFloats = (sections: SectionReader, length: number, name: string): Float32Array =>
  finite(sections.float32(length, name), name);
const readHalves = (sections: SectionReader, length: number, name: string): Float32Array =>
  finite(fromHalves(sections.uint16(length, name)), name);
