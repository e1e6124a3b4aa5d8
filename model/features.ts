import { MAX_TEXT } from "#contracts/event.ts";
import { HAN, HIRAGANA, KATAKANA, OTHER, SYMBOL, scriptOf, WORD } from "./script.ts";
import { segmenterHere } from "./segment.ts";

/** Rises with every change of the features a text has; a model remembers the one it was trained with. */
export const FEATURES_VERSION = 1;
/** The same with words by `Intl.Segmenter` among them. */
export const SEGMENTED_VERSION = 2;

/** Most n-grams taken from one text; what comes later in it is left out. */
export const MAX_NGRAMS = 8192;
/** Most n-grams that one code point can start or end, rounded up: what `extract` may cost, told before it runs. */
export const NGRAMS_PER_POINT = 5;

/**
 * Bits of `Ngrams.flags`: whether it is of the block of characters, whether of text without spaces between words, and whether it
 * includes the boundary before or after its word.
 */
export const CHARACTERS = 1;
export const UNBROKEN = 2;
const OPENS = 4;
const CLOSES = 8;

const WORD_SEED = 0x5eed0001 | 0;
const CHARACTER_SEED = 0x5eed0002 | 0;
const SEGMENT_SEED = 0x5eed0003 | 0;
const BOUNDARY = 0x20;

/** The distinct n-grams of one text in order of first appearance. Arrays are scratch: valid until the next `extract`. */
export interface Ngrams {
  /** How many distinct n-grams there are; the arrays are longer. */
  length: number;
  readonly keys: Uint32Array;
  readonly counts: Uint16Array;
  readonly flags: Uint8Array;
  /** First and last-plus-one code point of the first occurrence. */
  readonly starts: Uint16Array;
  readonly ends: Uint16Array;
  /** The code points of the text. */
  readonly points: Int32Array;
  /** How many code points were read, and how many n-grams were seen, repeated ones included. */
  pointsRead: number;
  seen: number;
}

export interface Extractor {
  /** Takes the n-grams of an already normalised text, from its first `limit` code points. */
  extract(normalised: string, limit?: number): Ngrams;
}

/** One step of the rolling hash (the body of MurmurHash3 for 32 bits, Appleby 2011). */
function roll(hash: number, point: number): number {
  const mixed = Math.imul(hash ^ point, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

/** Spreads a rolled hash over all 32 bits (MurmurHash3's finaliser). */
function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * Script-aware n-grams, hashed to 32-bit keys without building strings. Scripts with spaces give words, pairs of neighbouring
 * words, and 2- to 4-grams of characters inside a word and its boundaries. Japanese and Chinese give runs of one script as
 * words, and 1- to 3-grams of characters within unbroken text, and where `segmented` also the dictionary's words of two or more
 * characters, and pairs of them. An emoji is a character by itself. Nothing is dropped as a stop
 * word, so negation (ない, ません, not, 不) stays. Words and characters are hashed from different seeds.
 */
export function createExtractor(segmented = false): Extractor {
  const segment = segmented ? segmenterHere() : undefined;
  const slots = 2 * MAX_NGRAMS;
  const slotEntry = new Uint16Array(slots);
  const slotStamp = new Uint32Array(slots);
  let stamp = 0;

  const scripts = new Uint8Array(MAX_TEXT);
  const keys = new Uint32Array(MAX_NGRAMS);
  const counts = new Uint16Array(MAX_NGRAMS);
  const flags = new Uint8Array(MAX_NGRAMS);
  const starts = new Uint16Array(MAX_NGRAMS);
  const ends = new Uint16Array(MAX_NGRAMS);
  const points = new Int32Array(MAX_TEXT);
  const ngrams: Ngrams = { length: 0, keys, counts, flags, starts, ends, points, pointsRead: 0, seen: 0 };

  function decode(text: string, limit: number): number {
    const most = Math.min(limit, MAX_TEXT);
    let read = 0;
    for (let at = 0; at < text.length && read < most; at += 1) {
      let point = text.charCodeAt(at);
      if (point >= 0xd800 && point <= 0xdbff && at + 1 < text.length) {
        point = text.codePointAt(at) as number;
        if (point > 0xffff) at += 1;
      }
      points[read] = point;
      scripts[read] = scriptOf(point);
      read += 1;
    }
    return read;
  }

  function add(hash: number, flag: number, start: number, end: number): void {
    if (ngrams.seen === MAX_NGRAMS) return;
    ngrams.seen += 1;
    const key = finish(hash);
    let slot = key & (slots - 1);
    while (slotStamp[slot] === stamp) {
      const entry = slotEntry[slot] as number;
      if (keys[entry] === key) {
        counts[entry] = (counts[entry] as number) + 1;
        return;
      }
      slot = (slot + 1) & (slots - 1);
    }
    const entry = ngrams.length;
    slotStamp[slot] = stamp;
    slotEntry[slot] = entry;
    keys[entry] = key;
    counts[entry] = 1;
    flags[entry] = flag;
    starts[entry] = start;
    ends[entry] = end;
    ngrams.length = entry + 1;
  }

  /** 2- to 4-grams of ` word `, the spaces being its boundaries. */
  function addInsideWord(start: number, end: number): void {
    for (let from = start - 1; from < end; from += 1) {
      let hash = CHARACTER_SEED;
      for (let to = from; to <= end && to < from + 4; to += 1) {
        hash = roll(hash, to < start || to === end ? BOUNDARY : (points[to] as number));
        if (to === from) continue;
        const flag = CHARACTERS | (from < start ? OPENS : 0) | (to === end ? CLOSES : 0);
        add(hash, flag, Math.max(from, start), Math.min(to + 1, end));
      }
    }
  }

  /** 1- to 3-grams of unbroken Japanese or Chinese text. A single hiragana says nothing; a kanji does. */
  function addUnbroken(start: number, end: number): void {
    for (let from = start; from < end; from += 1) {
      let hash = CHARACTER_SEED;
      for (let to = from; to < end && to < from + 3; to += 1) {
        hash = roll(hash, points[to] as number);
        if (to > from || scripts[to] !== HIRAGANA) add(hash, CHARACTERS | UNBROKEN, from, to + 1);
      }
    }
  }

  /** Words of unbroken text, and pairs with the word before; single characters stand between them and are left out. */
  function addSegments(start: number, end: number): void {
    if (segment === undefined) return;
    let before = 0;
    let beforeStart = -1;
    let from = start;
    for (const { segment: word } of segment(String.fromCodePoint(...points.subarray(start, end)))) {
      let to = from;
      for (let unit = 0; unit < word.length; to += 1) unit += (points[to] as number) > 0xffff ? 2 : 1;
      if (to - from > 1) {
        const hash = rollOver(SEGMENT_SEED, from, to);
        add(hash, 0, from, to);
        if (beforeStart >= 0) add(rollOver(roll(before, BOUNDARY), from, to), 0, beforeStart, to);
        before = hash;
        beforeStart = from;
      }
      from = to;
    }
  }

  function rollOver(seed: number, start: number, end: number): number {
    let hash = seed;
    for (let at = start; at < end; at += 1) hash = roll(hash, points[at] as number);
    return hash;
  }

  /** End of the run of code points from `start` for which `belongs` holds. */
  function runEnd(start: number, count: number, belongs: (script: number) => boolean): number {
    let end = start + 1;
    while (end < count && belongs(scripts[end] as number)) end += 1;
    return end;
  }

  function extract(normalised: string, limit = MAX_TEXT): Ngrams {
    // After 2^32 texts the stamps begin again, and old ones must not look new.
    if (stamp === 0xffffffff) slotStamp.fill(0);
    stamp = (stamp + 1) >>> 0 || 1;
    ngrams.length = 0;
    ngrams.seen = 0;
    const count = decode(normalised, limit);
    ngrams.pointsRead = count;

    let before = 0;
    let beforeStart = -1;
    let at = 0;
    while (at < count) {
      const script = scripts[at] as number;
      if (script === WORD) {
        const end = runEnd(at, count, isWord);
        const hash = rollOver(WORD_SEED, at, end);
        add(hash, 0, at, end);
        if (beforeStart >= 0) add(rollOver(roll(before, BOUNDARY), at, end), 0, beforeStart, end);
        addInsideWord(at, end);
        before = hash;
        beforeStart = at;
        at = end;
      } else if (script === SYMBOL) {
        add(roll(CHARACTER_SEED, points[at] as number), CHARACTERS | UNBROKEN, at, at + 1);
        at += 1;
      } else if (script === OTHER) {
        at += 1;
      } else {
        const end = runEnd(at, count, isUnbroken);
        addUnbroken(at, end);
        for (let from = at; from < end; ) {
          const kind = scripts[from] as number;
          const to = runEnd(from, end, (other) => other === kind);
          add(rollOver(WORD_SEED, from, to), 0, from, to);
          from = to;
        }
        addSegments(at, end);
        beforeStart = -1;
        at = end;
      }
    }
    return ngrams;
  }

  return { extract };
}

const isWord = (script: number): boolean => script === WORD;
const isUnbroken = (script: number): boolean => script === HAN || script === HIRAGANA || script === KATAKANA;

/** The text of an n-gram; a space marks a word boundary that belongs to it. */
export function termOf(ngrams: Ngrams, entry: number): string {
  const flag = ngrams.flags[entry] as number;
  const inner = String.fromCodePoint(...ngrams.points.subarray(ngrams.starts[entry], ngrams.ends[entry]));
  return `${flag & OPENS ? " " : ""}${inner}${flag & CLOSES ? " " : ""}`;
}

/**
 * A number that is equal for n-grams of equal text (`termOf`), without building it: 53 bits of two hashes, so that among 8,192
 * n-grams two of different text meet once in hundreds of millions of texts.
 */
export function spanOf({ flags, starts, ends, points }: Ngrams, entry: number): number {
  const boundaries = (flags[entry] as number) & (OPENS | CLOSES);
  let high = roll(WORD_SEED, boundaries);
  let low = roll(CHARACTER_SEED, boundaries);
  for (let at = starts[entry] as number; at < (ends[entry] as number); at += 1) {
    high = roll(high, points[at] as number);
    low = roll(low, points[at] as number);
  }
  return (finish(high) >>> 11) * 2 ** 32 + finish(low);
}
