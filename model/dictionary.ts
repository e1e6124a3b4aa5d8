import { z } from "zod";
import type { DictionaryWord } from "#contracts/dictionary.ts";
import { InputError } from "#contracts/errors.ts";
import { pack, unpack } from "./container.ts";
import { NORMALISER_VERSION } from "./normalise.ts";

/** What a dictionary says of classes as a whole. */
interface OfClasses {
  /** Class names; a class's id is its place from 1. */
  readonly classes: readonly string[];
  /** How common each class is. */
  readonly prior: Float32Array;
  /** Divides the sums of weights, so that scores are probabilities that hold. */
  readonly temperature: number;
}

/** A dictionary to be written; words in the order of their terms. */
export interface DictionaryContent extends OfClasses {
  readonly words: readonly DictionaryWord[];
}

/**
 * The keyword dictionary in memory: what the edge scores by where the model cannot, and what coverage is measured against. Word i
 * speaks for the classes `ids[starts[i]]` to `ids[starts[i + 1]]`, each by `weights` times `WEIGHT_STEP`.
 */
export interface Dictionary extends OfClasses {
  readonly terms: readonly string[];
  readonly authored: Uint8Array;
  readonly frequency: Uint32Array;
  readonly users: Uint16Array;
  readonly lastSeenDay: Uint16Array;
  readonly starts: Uint32Array;
  readonly ids: Uint16Array;
  readonly weights: Int8Array;
}

const MAGIC = "HAQEIDIC";
/** Weights are whole multiples of this, so that one byte holds each. */
export const WEIGHT_STEP = 1 / 16;
/** Longest term, in UTF-16 code units. */
export const MAX_TERM = 40;

/** A weight as the file holds it. */
export const heldWeight = (weight: number): number =>
  Math.max(-128, Math.min(127, Math.round(weight / WEIGHT_STEP))) * WEIGHT_STEP;

/** Bytes that a word takes in the file, alignment of the sections aside. */
export const wordBytes = ({ term, classes }: DictionaryWord): number => 11 + 2 * term.length + 3 * classes.length;

const Header = z.object({
  schema: z.literal(1),
  normaliser: z.number().int(),
  classes: z.array(z.string()).min(1).max(0xffff),
  temperature: z.number().positive(),
  words: z.number().int().nonnegative(),
  units: z.number().int().nonnegative(),
  links: z.number().int().nonnegative(),
});

/**
 * A dictionary as bytes; the same one gives the same bytes. A count beyond what its field holds is held as the most; a word has at
 * most 255 classes.
 */
export function encodeDictionary({ classes, prior, temperature, words }: DictionaryContent): Uint8Array {
  const units = Uint16Array.from(words.flatMap(({ term }) => unitsOf(term)));
  const links = words.flatMap((word) => word.classes);
  const header: z.infer<typeof Header> = {
    schema: 1,
    normaliser: NORMALISER_VERSION,
    classes: [...classes],
    temperature,
    words: words.length,
    units: units.length,
    links: links.length,
  };
  return pack(MAGIC, header, [
    prior,
    Uint32Array.from(words, ({ frequency }) => Math.min(frequency, 0xffffffff)),
    Uint16Array.from(words, ({ users }) => Math.min(users, 0xffff)),
    Uint16Array.from(words, ({ lastSeenDay }) => Math.min(lastSeenDay, 0xffff)),
    Uint8Array.from(words, ({ term }) => term.length),
    Uint8Array.from(words, ({ authored }) => Number(authored)),
    Uint8Array.from(words, (word) => word.classes.length),
    units,
    Uint16Array.from(links, ({ id }) => id),
    Int8Array.from(links, ({ weight }) => heldWeight(weight) / WEIGHT_STEP),
  ]);
}

const unitsOf = (term: string): number[] => Array.from({ length: term.length }, (_, at) => term.charCodeAt(at));

/** @throws InputError where the bytes are no dictionary, damaged, or of another version of the normaliser */
export function decodeDictionary(bytes: Uint8Array): Dictionary {
  const { header: raw, sections } = unpack(MAGIC, "dictionary", bytes);
  const parsed = Header.safeParse(raw);
  if (!parsed.success) throw malformed("its header is of another schema");
  const { words, classes, temperature, ...header } = parsed.data;
  if (header.normaliser !== NORMALISER_VERSION)
    throw malformed(`it spells by normaliser ${header.normaliser}, not ${NORMALISER_VERSION}`);
  const prior = sections.float32(classes.length, "prior");
  const frequency = sections.uint32(words, "frequencies");
  const users = sections.uint16(words, "users");
  const lastSeenDay = sections.uint16(words, "days");
  const lengths = sections.uint8(words, "lengths");
  const authored = sections.uint8(words, "origins");
  const counts = sections.uint8(words, "counts");
  const units = sections.uint16(header.units, "terms");
  const ids = sections.uint16(header.links, "classes");
  const weights = sections.int8(header.links, "weights");
  sections.end();

  const starts = startsOf(counts, ids.length, "classes");
  const places = startsOf(lengths, units.length, "terms");
  const terms: string[] = [];
  for (let word = 0; word < words; word += 1) {
    const term = String.fromCharCode(...units.subarray(places[word], places[word + 1]));
    if (term <= (terms.at(-1) ?? "")) throw malformed("its words are out of order");
    terms.push(term);
  }
  if (ids.some((id) => id < 1 || id > classes.length)) throw malformed("it names a class it has not");
  return { classes, prior, temperature, terms, authored, frequency, users, lastSeenDay, starts, ids, weights };
}

/** Where each word's part begins, and the end of the last. */
function startsOf(counts: Uint8Array, total: number, name: string): Uint32Array {
  const starts = new Uint32Array(counts.length + 1);
  for (let word = 0; word < counts.length; word += 1)
    starts[word + 1] = (starts[word] as number) + (counts[word] as number);
  if (starts[counts.length] !== total) throw malformed(`its ${name} do not fit its words`);
  return starts;
}

/** The words of a dictionary, one by one. */
export const wordsOf = (dictionary: Dictionary): DictionaryWord[] =>
  dictionary.terms.map((term, word) => {
    const [from, to] = [dictionary.starts[word] as number, dictionary.starts[word + 1] as number];
    return {
      term,
      authored: dictionary.authored[word] === 1,
      frequency: dictionary.frequency[word] as number,
      users: dictionary.users[word] as number,
      lastSeenDay: dictionary.lastSeenDay[word] as number,
      classes: Array.from(dictionary.ids.subarray(from, to), (id, k) => ({
        id,
        weight: (dictionary.weights[from + k] as number) * WEIGHT_STEP,
      })),
    };
  });

const malformed = (what: string): InputError =>
  new InputError(`not a dictionary file: ${what}`, "Make it again with this version: haqei run daily --again.");
