/**
 * HMAC-SHA-256 (RFC 2104, FIPS 180-4) without waiting. `crypto.subtle` gives the same bytes, but each call hops out of V8 and back,
 * which costs more CPU than hashing the few hundred bytes of an event. No branch and no look-up depends on what is secret.
 * Of a message only the first `length` bytes are meant, so that it can lie in a buffer that is used again.
 */
export type Mac = (message: Uint8Array, length?: number) => Uint8Array<ArrayBuffer>;

/** Bytes of a block, and of a digest. */
const BLOCK = 64;
const DIGEST = 32;

const primes = (count: number): number[] => {
  const found: number[] = [];
  for (let n = 2; found.length < count; n += 1) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
};
/** The first 32 bits of a root's fraction, which is where the constants of SHA-256 come from. */
const fraction = (root: number): number => ((root - Math.floor(root)) * 0x1_0000_0000) | 0;
const K = Int32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)));

/** The block that is taken in, as words, and what they are stretched to. One for all: nothing here waits. */
const schedule = new Int32Array(64);
/** What is left of a message, with its padding. */
const tail = new Uint8Array(2 * BLOCK);

function load(bytes: Uint8Array, offset: number): void {
  for (let t = 0, at = offset; t < 16; t += 1, at += 4) {
    schedule[t] =
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number);
  }
}

/** Takes the block that was loaded into the state. */
function compress(state: Int32Array): void {
  const w = schedule;
  for (let t = 16; t < 64; t += 1) {
    const x = w[t - 15] as number;
    const y = w[t - 2] as number;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[t] = ((w[t - 16] as number) + s0 + (w[t - 7] as number) + s1) | 0;
  }
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let t = 0; t < 64; t += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const first = (h + s1 + ((e & f) ^ (~e & g)) + (K[t] as number) + (w[t] as number)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0] = ((state[0] as number) + a) | 0;
  state[1] = ((state[1] as number) + b) | 0;
  state[2] = ((state[2] as number) + c) | 0;
  state[3] = ((state[3] as number) + d) | 0;
  state[4] = ((state[4] as number) + e) | 0;
  state[5] = ((state[5] as number) + f) | 0;
  state[6] = ((state[6] as number) + g) | 0;
  state[7] = ((state[7] as number) + h) | 0;
}

function compressAll(state: Int32Array, bytes: Uint8Array, length: number): void {
  for (let offset = 0; offset < length; offset += BLOCK) {
    load(bytes, offset);
    compress(state);
  }
}

/** Takes a message and its padding into a state that has taken in one block. */
function finish(state: Int32Array, message: Uint8Array, length: number): void {
  const whole = length - (length % BLOCK);
  compressAll(state, message, whole);
  const rest = length - whole;
  const padded = rest + 9 > BLOCK ? 2 * BLOCK : BLOCK;
  tail.fill(0, rest, padded);
  for (let at = 0; at < rest; at += 1) tail[at] = message[whole + at] as number;
  tail[rest] = 0x80;
  // Below 2^32 bits: a message here has kilobytes.
  const bits = (BLOCK + length) * 8;
  for (let at = 1, left = bits; at <= 4; at += 1, left >>>= 8) tail[padded - at] = left & 0xff;
  compressAll(state, tail, padded);
}

function bytesOf(state: Int32Array): Uint8Array<ArrayBuffer> {
  const digest = new Uint8Array(DIGEST);
  for (let at = 0; at < DIGEST; at += 1) digest[at] = (state[at >> 2] as number) >>> (24 - 8 * (at & 3));
  return digest;
}

function afterPad(key: Uint8Array, pad: number): Int32Array {
  const block = new Uint8Array(BLOCK).fill(pad);
  for (let i = 0; i < key.length; i += 1) block[i] = (key[i] as number) ^ pad;
  const state = START.slice();
  compressAll(state, block, BLOCK);
  return state;
}

/** SHA-256 of a message of at least one block. */
function sha256(bytes: Uint8Array): Uint8Array {
  const state = START.slice();
  compressAll(state, bytes, BLOCK);
  finish(state, bytes.subarray(BLOCK), bytes.length - BLOCK);
  return bytesOf(state);
}

/** The MAC of a key of any length. What depends on the key alone is computed here, once. */
export function hmacSha256(key: Uint8Array): Mac {
  const short = key.length > BLOCK ? sha256(key) : key;
  const inner = afterPad(short, 0x36);
  const outer = afterPad(short, 0x5c);
  const state = new Int32Array(START.length);
  return (message, length = message.length) => {
    state.set(inner);
    finish(state, message, length);
    // The inner digest and its padding are one block, whose words are at hand.
    schedule.set(state);
    schedule[8] = 0x8000_0000 | 0;
    schedule.fill(0, 9, 15);
    schedule[15] = (BLOCK + DIGEST) * 8;
    state.set(outer);
    compress(state);
    return bytesOf(state);
  };
}
