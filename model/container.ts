import { InputError } from "#contracts/errors.ts";
import { crc32InKernel } from "./kernel/checksum.ts";

/**
 * A file of typed arrays: 8 letters that name the format, the header's length (uint32), a checksum of what follows (CRC-32), the
 * header as JSON in ASCII, then the sections one after the other. Header and sections begin at multiples of 8 and are padded with zeros (the header with
 * spaces), so that a reader views them where they lie. Little-endian, as every engine this runs on is. The same content gives
 * the same bytes.
 */

const PREFIX = 16;
const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;
const malformed = (format: string, what: string): InputError =>
  new InputError(
    `not a ${format} file: ${what}`,
    "The bytes are damaged or belong to another format; make or fetch the file again.",
  );

/** CRC-32 (IEEE 802.3) by bytes: sees any damage of up to 32 bits in a row, and misses others once in 2^32. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export function crc32(bytes: Uint8Array): number {
  return crc32InKernel(bytes) ?? crc32Plain(bytes);
}

function crc32Plain(bytes: Uint8Array): number {
  let sum = -1;
  for (let at = 0; at < bytes.length; at += 1)
    sum = (sum >>> 8) ^ (CRC_TABLE[(sum ^ (bytes[at] as number)) & 0xff] as number);
  return (sum ^ -1) >>> 0;
}

/** JSON with everything beyond ASCII escaped. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const BEYOND_ASCII = /[\u0080-\uffff]/;
/** Arguments a call: engines have a limit. */
const UNITS_A_CALL = 4096;

/** A character a byte, by few calls: a loop of some thousand steps costs a reader that is cold most of a millisecond. */
function textOf(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += UNITS_A_CALL)
    text += String.fromCharCode(...bytes.subarray(at, at + UNITS_A_CALL));
  return text;
}

/** Joins a header and sections into one file. `magic` has 8 ASCII letters. */
export function pack(magic: string, header: unknown, sections: readonly ArrayBufferView[]): Uint8Array {
  const json = asciiJson(header);
  const headerBytes = aligned(json.length);
  const size = sections.reduce((sum, section) => sum + aligned(section.byteLength), PREFIX + headerBytes);
  const bytes = new Uint8Array(size);
  for (let at = 0; at < 8; at += 1) bytes[at] = magic.charCodeAt(at);
  new DataView(bytes.buffer).setUint32(8, headerBytes, true);
  for (let at = 0; at < headerBytes; at += 1) bytes[PREFIX + at] = at < json.length ? json.charCodeAt(at) : 0x20;
  let offset = PREFIX + headerBytes;
  for (const section of sections) {
    bytes.set(new Uint8Array(section.buffer, section.byteOffset, section.byteLength), offset);
    offset += aligned(section.byteLength);
  }
  new DataView(bytes.buffer).setUint32(12, crc32(bytes.subarray(PREFIX)), true);
  return bytes;
}

/** Hands out the sections of a file in the order in which they were packed, as views without copying. */
export interface SectionReader {
  uint8(length: number, name: string): Uint8Array;
  int8(length: number, name: string): Int8Array;
  uint16(length: number, name: string): Uint16Array;
  uint32(length: number, name: string): Uint32Array;
  float32(length: number, name: string): Float32Array;
  /** Throws unless every byte was read. */
  end(): void;
}

/** Opens a file made by `pack`. Throws InputError for anything else. */
export function unpack(magic: string, format: string, input: Uint8Array): { header: unknown; sections: SectionReader } {
  // Views of wider numbers need an aligned start; a slice of a larger buffer may not have one.
  const bytes = input.byteOffset % 8 === 0 ? input : input.slice();
  if (bytes.length < PREFIX) throw malformed(format, `${bytes.length} bytes are too few`);
  for (let at = 0; at < 8; at += 1) {
    if (bytes[at] !== magic.charCodeAt(at)) throw malformed(format, `it does not begin with ${magic}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = view.getUint32(8, true);
  if (headerBytes % 8 !== 0 || headerBytes > bytes.length - PREFIX) {
    throw malformed(format, `a header of ${headerBytes} bytes does not fit`);
  }
  // Before anything is believed of what follows: how much memory to take, for one.
  if (view.getUint32(12, true) !== crc32(bytes.subarray(PREFIX)))
    throw malformed(format, "its checksum is of other bytes");
  const json = textOf(bytes.subarray(PREFIX, PREFIX + headerBytes));
  if (BEYOND_ASCII.test(json)) throw malformed(format, "the header is not ASCII");
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch {
    throw malformed(format, "the header is not JSON");
  }

  let offset = PREFIX + headerBytes;
  /** Start of the next section in the underlying buffer. */
  function take(count: number, width: number, name: string): number {
    const size = aligned(count * width);
    if (offset + size > bytes.length) throw malformed(format, `it ends inside ${name}`);
    for (let at = offset + count * width; at < offset + size; at += 1) {
      if (bytes[at] !== 0) throw malformed(format, `the padding after ${name} is not zero`);
    }
    const start = bytes.byteOffset + offset;
    offset += size;
    return start;
  }
  const buffer = bytes.buffer;
  const sections: SectionReader = {
    uint8: (length, name) => new Uint8Array(buffer, take(length, 1, name), length),
    int8: (length, name) => new Int8Array(buffer, take(length, 1, name), length),
    uint16: (length, name) => new Uint16Array(buffer, take(length, 2, name), length),
    uint32: (length, name) => new Uint32Array(buffer, take(length, 4, name), length),
    float32: (length, name) => new Float32Array(buffer, take(length, 4, name), length),
    end() {
      if (offset !== bytes.length) throw malformed(format, `${bytes.length - offset} bytes follow the last section`);
    },
  };
  return { header, sections };
}
