import { InputError } from "#contracts/errors.ts";
import { decodeRiceInKernel } from "./kernel/rice.ts";

/** Most bits of a number's low part, and longest run of ones before it: bounds for a reader of damaged bytes. */
const MAX_SHIFT = 31;
const MAX_QUOTIENT = 4096;
const LARGEST = 2 ** 32 - 1;

/** Whole numbers as Rice codes (Golomb 1966, Rice 1971): the high part in unary, `shift` low bits plain. */
export interface RiceCodes {
  readonly shift: number;
  readonly bytes: Uint8Array;
}

/** Encodes numbers from 0 to 2^32 - 1 with the shift that takes the fewest bits. Throws InputError where they vary too much. */
export function encodeRice(values: ArrayLike<number>): RiceCodes {
  let shift = 0;
  let bits = Number.POSITIVE_INFINITY;
  for (let candidate = 0; candidate <= MAX_SHIFT; candidate += 1) {
    let own = (candidate + 1) * values.length;
    for (let at = 0; at < values.length; at += 1) {
      const quotient = Math.floor((values[at] as number) / 2 ** candidate);
      own += quotient > MAX_QUOTIENT ? Number.POSITIVE_INFINITY : quotient;
    }
    if (own < bits) [shift, bits] = [candidate, own];
  }
  const bytes = new Uint8Array(Math.ceil(bits / 8));
  let place = 0;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] as number;
    for (let left = Math.floor(value / 2 ** shift); left > 0; left -= 1, place += 1) setBit(bytes, place);
    place += 1;
    for (let bit = shift - 1; bit >= 0; bit -= 1, place += 1) if ((value >>> bit) & 1) setBit(bytes, place);
  }
  return { shift, bytes };
}

function setBit(bytes: Uint8Array, place: number): void {
  bytes[place >>> 3] = (bytes[place >>> 3] as number) | (0x80 >>> (place & 7));
}

/** Reads `count` numbers. Throws InputError where the codes are damaged, end early or go on after the last number. */
export const decodeRice = (codes: RiceCodes, count: number, name: string): Uint32Array =>
  read(codes, count, name, false);

/** Reads `count` ascending numbers, each coded as what lies between the one before and its own. Throws as `decodeRice` does. */
export const decodeAscending = (codes: RiceCodes, count: number, name: string): Uint32Array =>
  read(codes, count, name, true);

function read({ shift, bytes }: RiceCodes, count: number, name: string, gaps: boolean): Uint32Array {
  const bits = bytes.length * 8;
  const fail = (what: string): never => {
    throw new InputError(`not a usable model: ${name} ${what}`, "Train or fetch the model again.");
  };
  if (!Number.isInteger(shift) || shift < 0 || shift > MAX_SHIFT) fail(`have a shift of ${shift}`);
  // A number takes at least its low part and one bit: this bounds what is allocated by what was read.
  if (count * (shift + 1) > bits) fail("end early");
  const known = decodeRiceInKernel(shift, bytes, count, gaps);
  if (known !== undefined) return known;
  const values = new Uint32Array(count);
  let place = 0;
  let before = -1;
  for (let at = 0; at < count; at += 1) {
    let quotient = 0;
    while (place < bits && (bytes[place >>> 3] as number) & (0x80 >>> (place & 7))) {
      quotient += 1;
      place += 1;
    }
    place += 1;
    if (quotient > MAX_QUOTIENT) fail("hold a number out of range");
    if (place + shift > bits) fail("end early");
    let low = 0;
    for (let wanted = shift; wanted > 0; ) {
      const room = 8 - (place & 7);
      const taken = Math.min(room, wanted);
      low = (low << taken) | (((bytes[place >>> 3] as number) >>> (room - taken)) & ((1 << taken) - 1));
      place += taken;
      wanted -= taken;
    }
    const value = quotient * 2 ** shift + (low >>> 0) + (gaps ? before + 1 : 0);
    if (value > LARGEST) fail("hold a number out of range");
    values[at] = value;
    before = value;
  }
  if (bits - place >= 8) fail("go on after the last one");
  return values;
}
