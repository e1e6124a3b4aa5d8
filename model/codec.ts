import { InputError } from "#contracts/errors.ts";
import { CENTRES, type Codebook, fromCodebook } from "./codebook.ts";
import { pack, type SectionReader, unpack } from "./container.ts";
import { CONTEXTS, decodeMatrix, encodeMatrix, LANES, MAX_CODE, SYMBOLS } from "./entropy.ts";
import { FEATURES_VERSION, SEGMENTED_VERSION } from "./features.ts";
import { fromHalves, toHalves } from "./float16.ts";
import { fromInt8Rows, toInt8Rows } from "./int8.ts";
import { int8RowsInKernel, lackingInKernel } from "./kernel/arrays.ts";
import { type Model, RUNGS, type Rung } from "./model.ts";
import { NORMALISER_VERSION } from "./normalise.ts";
import { overlay, type Pinned, withoutPinned } from "./pinned.ts";
import { decodeAscending, decodeRice, encodeRice } from "./rice.ts";
import { segmenterPrint } from "./segment.ts";

const MAGIC = "HAQEIMDL";
const FORMAT = "model";
const MAX_CLASSES = 100_000;
const MAX_DIMENSION = 4096;
/** Most numbers unpacked from a rung whose bytes do not bound them: 128 MB. */
const MAX_CODED_VALUES = 2 ** 25;
/** Most columns of them, since their tables grow with its square: 16 MB. */
const MAX_CODED_DIMENSION = 1024;

/** Steps in which coded vocabularies store idf. A text's vector is normalised, so that a sixteenth more or less changes little. */
const IDF_STEPS = 8;

/** Versions of the header: 2 is rung `coded` in lanes; without them, and on the other rungs, it is 1, so that older readers read on. */
const PLAIN = 1;
const IN_LANES = 2;

interface Header {
  schema: typeof PLAIN | typeof IN_LANES;
  rung: Rung;
  normaliser: number;
  features: number;
  segmenter?: number;
  classes: string[];
  dimension: number;
  vocabulary: number;
  temperature: number;
  coded?: CodedHeader;
  codebook?: CodebookHeader;
  /** Number of features stored exactly; absent where there is none. */
  pinned?: number;
}

/** What a reader of coded keys and idf must know beforehand. */
interface VocabularyHeader {
  keyShift: number;
  keyBytes: number;
  /** Largest idf, in steps; the others are stored as what they lack to it. */
  idfTop: number;
  idfShift: number;
  idfBytes: number;
}

/** What a reader of rung `coded` must know beforehand: step of the vectors, and sizes of its sections. */
interface CodedHeader extends VocabularyHeader {
  step: number;
  words: number;
  /** Words of each lane, from schema 2 on; before, there was one. */
  lanes?: number[];
  escapes: number;
}

/** The same of rung `codebook`: numbers a sub-vector. */
interface CodebookHeader extends VocabularyHeader {
  width: number;
}

/** The numbers that each rung stores in its own way. */
type Stored = Pick<Model, "keys" | "idf" | "vectors" | "head" | "step" | "codebook">;

interface Storage {
  write(model: Model): { sections: ArrayBufferView[] } & Pick<Header, "coded" | "codebook">;
  read(sections: SectionReader, header: Header): Stored;
}

/**
 * The bytes of a model; the same model gives the same bytes. Sections: keys, idf, vectors, head as the rung stores them, pinned
 * features as float32, then bias and prior.
 *
 * | rung | keys, idf | vectors | head |
 * |---|---|---|---|
 * | `float32` | 32 bits each | 32 bits | 32 bits |
 * | `float16` | 32 bits each | 16 bits | 16 bits |
 * | `int8` | 32 bits each | 8 bits, a scale a row | 8 bits, a scale a row |
 * | `codebook` | Rice-coded gaps; eighths | 8 bits a sub-vector: which of its 256 centres | 8 bits, a scale a row |
 * | `coded` | Rice-coded gaps; eighths | whole multiples of `step`, entropy-coded | 8 bits, a scale a row |
 *
 * Throws InputError where a model of rung `coded` has no step, or a vector's number is more than 127 of them, and where one of rung
 * `codebook` has no codebook.
 */
export function encodeModel(model: Model): Uint8Array {
  const { sections, ...own } = STORAGE[model.rung].write({ ...model, vectors: withoutPinned(model) });
  const { pinned } = model;
  const header: Header = {
    schema: own.coded ? IN_LANES : PLAIN,
    rung: model.rung,
    normaliser: model.normaliser,
    features: model.features,
    ...(model.segmenter === undefined ? {} : { segmenter: model.segmenter }),
    classes: [...model.classes],
    dimension: model.dimension,
    vocabulary: model.keys.length,
    temperature: model.temperature,
    ...own,
    ...(pinned ? { pinned: pinned.indices.length } : {}),
  };
  const exact = pinned ? [pinned.indices, pinned.idf, pinned.vectors] : [];
  return pack(MAGIC, header, [...sections, ...exact, model.bias, model.prior]);
}

/**
 * Reads a model; on rung `float32` its arrays are views into `bytes`.
 * Throws InputError for malformed bytes, for a model made by another version of the normaliser or the features, and for one whose
 * words this runtime does not cut alike.
 */
export function decodeModel(bytes: Uint8Array): Model {
  const { header: raw, sections } = unpack(MAGIC, FORMAT, bytes);
  const header = readHeader(raw);
  const { classes, dimension, temperature, rung, normaliser, features, segmenter } = header;
  const stored = withPinned(STORAGE[rung].read(sections, header), sections, header);
  const model: Model = {
    schema: 1,
    rung,
    normaliser,
    features,
    ...(segmenter === undefined ? {} : { segmenter }),
    classes,
    dimension,
    ...stored,
    bias: readFloats(sections, classes.length, "bias"),
    prior: readFloats(sections, classes.length, "prior"),
    temperature,
  };
  sections.end();
  return model;
}

const float32: Storage = {
  write: ({ keys, idf, vectors, head }) => ({ sections: [keys, idf, vectors, head] }),
  read: (sections, { vocabulary, dimension, classes }) => ({
    ...readVocabulary(sections, vocabulary),
    vectors: readFloats(sections, vocabulary * dimension, "vectors"),
    head: readFloats(sections, classes.length * dimension, "head"),
  }),
};

const float16: Storage = {
  write: ({ keys, idf, vectors, head }) => ({ sections: [keys, idf, toHalves(vectors), toHalves(head)] }),
  read: (sections, { vocabulary, dimension, classes }) => ({
    ...readVocabulary(sections, vocabulary),
    vectors: readHalves(sections, vocabulary * dimension, "vectors"),
    head: readHalves(sections, classes.length * dimension, "head"),
  }),
};

const int8: Storage = {
  write: ({ keys, idf, vectors, head, dimension }) => ({
    sections: [keys, idf, ...writeInt8(vectors, dimension), ...writeInt8(head, dimension)],
  }),
  read: (sections, { vocabulary, dimension, classes }) => ({
    ...readVocabulary(sections, vocabulary),
    vectors: readInt8(sections, vocabulary, dimension, "vectors"),
    head: readInt8(sections, classes.length, dimension, "head"),
  }),
};

const coded: Storage = {
  write({ keys, idf, vectors, head, dimension, step }) {
    check(step !== undefined && step > 0, "on rung coded a model has a step");
    const codes = vectors.map((value) => Math.round(value / step));
    check(
      codes.every((code) => Math.abs(code) <= MAX_CODE),
      `a vector's number is more than ${MAX_CODE} steps`,
    );
    const vocabulary = writeCodedVocabulary(keys, idf);
    const { means, frequencies, words, lanes, escapes } = encodeMatrix(Int8Array.from(codes), dimension);
    return {
      coded: { step, ...vocabulary.header, words: words.length, lanes: [...lanes], escapes: escapes.length },
      sections: [...vocabulary.sections, means, frequencies, words, escapes, ...writeInt8(head, dimension)],
    };
  },
  read(sections, { schema, vocabulary, dimension, classes, coded }) {
    check(isCodedHeader(coded), "its header does not say how it is coded");
    const lanes = schema === IN_LANES ? coded.lanes : [coded.words];
    check(isLanes(lanes, coded.words), "its header does not say how long its lanes are");
    checkValues(vocabulary, dimension);
    const known = readCodedVocabulary(sections, vocabulary, coded);
    const matrix = {
      means: sections.uint16(dimension, "means"),
      frequencies: sections.uint16(CONTEXTS * SYMBOLS, "frequencies"),
      words: sections.uint16(coded.words, "vectors"),
      lanes,
      escapes: sections.int8(coded.escapes, "escapes"),
    };
    return {
      ...known,
      vectors: decodeMatrix(matrix, vocabulary, coded.step, classes.length),
      head: readInt8(sections, classes.length, dimension, "head"),
      step: coded.step,
    };
  },
};

const codebook: Storage = {
  write({ keys, idf, head, dimension, codebook }) {
    check(codebook !== undefined, "on rung codebook a model has a codebook");
    const vocabulary = writeCodedVocabulary(keys, idf);
    const { scales, centres, codes, width } = codebook;
    const parts = Math.ceil(dimension / width);
    const fits =
      scales.length === parts && centres.length === CENTRES * dimension && codes.length === parts * keys.length;
    check(fits, "its codebook is of another size");
    return {
      codebook: { width, ...vocabulary.header },
      sections: [...vocabulary.sections, scales, centres, codes, ...writeInt8(head, dimension)],
    };
  },
  read(sections, { vocabulary, dimension, classes, codebook }) {
    check(
      isVocabularyHeader(codebook) && isCount(codebook.width, 1, dimension),
      "its header does not say how it is coded",
    );
    checkValues(vocabulary, dimension);
    const { width } = codebook;
    const known = readCodedVocabulary(sections, vocabulary, codebook);
    const parts = Math.ceil(dimension / width);
    const stored: Codebook = {
      width,
      scales: readFloats(sections, parts, "scales"),
      centres: sections.int8(CENTRES * dimension, "centres"),
      codes: sections.uint8(vocabulary * parts, "vectors"),
    };
    return {
      ...known,
      vectors: finite(fromCodebook(stored, vocabulary, dimension), "vectors"),
      head: readInt8(sections, classes.length, dimension, "head"),
      codebook: stored,
    };
  },
};

const STORAGE: Readonly<Record<Rung, Storage>> = { float32, float16, int8, codebook, coded };

/** Keys as Rice-coded gaps, idf in steps of an eighth: what each lacks to the largest. */
function writeCodedVocabulary(
  keys: Uint32Array,
  idf: Float32Array,
): { header: VocabularyHeader; sections: ArrayBufferView[] } {
  const gaps = Float64Array.from(keys, (key, at) => (at === 0 ? key : key - (keys[at - 1] as number) - 1));
  check(
    gaps.every((gap) => gap >= 0),
    "its keys do not ascend",
  );
  const idfSteps = Float64Array.from(idf, (value) => Math.round(value * IDF_STEPS));
  const idfTop = idfSteps.reduce((most, value) => Math.max(most, value), 0);
  const keyCodes = encodeRice(gaps);
  const idfCodes = encodeRice(idfSteps.map((value) => idfTop - value));
  return {
    header: {
      keyShift: keyCodes.shift,
      keyBytes: keyCodes.bytes.length,
      idfTop,
      idfShift: idfCodes.shift,
      idfBytes: idfCodes.bytes.length,
    },
    sections: [keyCodes.bytes, idfCodes.bytes],
  };
}

function readCodedVocabulary(
  sections: SectionReader,
  vocabulary: number,
  { keyShift, keyBytes, idfTop, idfShift, idfBytes }: VocabularyHeader,
): Pick<Model, "keys" | "idf"> {
  const keys = decodeAscending({ shift: keyShift, bytes: sections.uint8(keyBytes, "keys") }, vocabulary, "keys");
  const idfCodes = decodeRice({ shift: idfShift, bytes: sections.uint8(idfBytes, "idf") }, vocabulary, "idf");
  return { keys, idf: fromIdfCodes(idfCodes, idfTop) };
}

/** Lays the exactly stored features over what the rung gave. */
function withPinned(
  stored: Stored,
  sections: SectionReader,
  { pinned, vocabulary, dimension }: Header,
): Stored & { pinned?: Pinned } {
  if (pinned === undefined) return stored;
  check(isCount(pinned, 1, vocabulary), `it pins ${String(pinned)} of ${vocabulary} features`);
  const exact: Pinned = {
    indices: sections.uint32(pinned, "pinned features"),
    idf: readFloats(sections, pinned, "pinned idf"),
    vectors: readFloats(sections, pinned * dimension, "pinned vectors"),
  };
  check(
    exact.indices.every((index, at) => index < vocabulary && (at === 0 || index > (exact.indices[at - 1] as number))),
    "its pinned features do not ascend within the vocabulary",
  );
  return { ...stored, ...overlay(stored, exact, dimension), pinned: exact };
}

function fromIdfCodes(codes: Uint32Array, top: number): Float32Array {
  const known = lackingInKernel(codes, top, 1 / IDF_STEPS);
  if (known) return known;
  const idf = new Float32Array(codes.length);
  for (let at = 0; at < codes.length; at += 1) idf[at] = (top - (codes[at] as number)) / IDF_STEPS;
  return idf;
}

function readVocabulary(sections: SectionReader, vocabulary: number): Pick<Model, "keys" | "idf"> {
  const keys = sections.uint32(vocabulary, "keys");
  const idf = readFloats(sections, vocabulary, "idf");
  check(ascends(keys), "its keys do not ascend");
  return { keys, idf };
}

function ascends(keys: Uint32Array): boolean {
  for (let at = 1; at < keys.length; at += 1) if ((keys[at - 1] as number) >= (keys[at] as number)) return false;
  return true;
}

function writeInt8(values: Float32Array, columns: number): ArrayBufferView[] {
  const { scales, codes } = toInt8Rows(finite(values, "a matrix"), columns);
  return [scales, codes];
}

function readInt8(sections: SectionReader, rows: number, columns: number, name: string): Float32Array {
  const scales = readFloats(sections, rows, `${name}' scales`);
  const codes = sections.int8(rows * columns, name);
  return int8RowsInKernel(scales, codes, columns) ?? finite(fromInt8Rows({ scales, codes }, columns), name);
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new InputError(`not a usable model: ${what}`, "Train or fetch the model again.");
}

const isCount = (value: unknown, least: number, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

const isLanes = (lanes: unknown, words: number): lanes is number[] =>
  Array.isArray(lanes) &&
  isCount(lanes.length, 1, LANES) &&
  lanes.every((length) => isCount(length, 0, words)) &&
  lanes.reduce((sum, length) => sum + length, 0) === words;

/** The numbers of a rung that unpacks more than it read, bounded. */
function checkValues(vocabulary: number, dimension: number): void {
  check(dimension <= MAX_CODED_DIMENSION, `${dimension} dimensions are too many`);
  check(vocabulary * dimension <= MAX_CODED_VALUES, `${vocabulary} x ${dimension} numbers are too many`);
}

function isVocabularyHeader(value: unknown): value is VocabularyHeader {
  if (typeof value !== "object" || value === null) return false;
  const { idfTop, ...counts } = value as Record<keyof VocabularyHeader, unknown>;
  const names = ["keyShift", "keyBytes", "idfShift", "idfBytes"] as const;
  return isCount(idfTop, 0, 2 ** 16) && names.every((name) => isCount(counts[name], 0, 2 ** 30));
}

function isCodedHeader(value: unknown): value is CodedHeader {
  if (!isVocabularyHeader(value)) return false;
  const { step, words, escapes } = value as unknown as Record<keyof CodedHeader, unknown>;
  return (
    typeof step === "number" &&
    step > 0 &&
    Math.fround(step) === step &&
    Number.isFinite(Math.fround(step * 128)) &&
    isCount(words, 0, 2 ** 30) &&
    isCount(escapes, 0, 2 ** 30)
  );
}

function readHeader(raw: unknown): Header {
  check(typeof raw === "object" && raw !== null && !Array.isArray(raw), "its header is no object");
  const header = raw as Record<string, unknown>;
  check(
    header.schema === PLAIN || header.schema === IN_LANES,
    `its schema is ${String(header.schema)}, and this code reads ${PLAIN} and ${IN_LANES}`,
  );
  check(RUNGS.includes(header.rung as Rung), `its rung is ${String(header.rung)}`);
  const version = header.segmenter === undefined ? FEATURES_VERSION : SEGMENTED_VERSION;
  check(
    header.normaliser === NORMALISER_VERSION && header.features === version,
    `it was made with normaliser ${String(header.normaliser)} and features ${String(header.features)}, ` +
      `this code has ${NORMALISER_VERSION} and ${version}`,
  );
  check(
    header.segmenter === undefined || header.segmenter === segmenterPrint(),
    "this runtime's Intl.Segmenter cuts words otherwise than where it was trained",
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
