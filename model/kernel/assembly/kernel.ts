/**
 * What costs most when a model is loaded and when a text is scored, in WebAssembly with SIMD (AssemblyScript; `npm run build`
 * makes ../kernel.wasm of it). Each function gives the bits of its counterpart in TypeScript: the same additions in the same
 * order, lanes being different columns or classes and never parts of one sum. Its caller (../kernel.ts) lays out the memory.
 */

const SHARE_BITS: u32 = 12;
const PLACES: u32 = (1 << SHARE_BITS) - 1;
const SYMBOL_BITS: u32 = 5;
const ESCAPE: u32 = 31;
const LEAST: u32 = 1 << 15;

/**
 * Writes the tables of `crc32`: table 0 is of the bytes by themselves, for the reversed polynomial 0xedb88320, and each other of bytes
 * with one more behind them.
 */
export function crcTables(tables: usize): void {
  for (let byte: u32 = 0; byte < 256; byte += 1) {
    let sum: u32 = byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (0xedb88320 & (0 - (sum & 1)));
    store<u32>(tables + (byte << 2), sum);
  }
  const end: usize = tables + 8 * 1024;
  for (let at: usize = tables + 1024; at < end; at += 4) {
    const before: u32 = load<u32>(at - 1024);
    store<u32>(at, (before >>> 8) ^ load<u32>(tables + ((before & 255) << 2)));
  }
}

/** Goes on with a CRC-32 over `length` bytes at `from`; `tables` holds 8 x 256 words, table k for a byte k places before the end. */
export function crc32(sum: u32, from: usize, length: u32, tables: usize): u32 {
  const whole: usize = from + <usize>(length & ~7);
  const end: usize = from + <usize>length;
  while (from < whole) {
    const low: u32 = sum ^ load<u32>(from);
    const high: u32 = load<u32>(from, 4);
    sum =
      load<u32>(tables + ((low & 255) << 2), 7168) ^
      load<u32>(tables + (((low >>> 8) & 255) << 2), 6144) ^
      load<u32>(tables + (((low >>> 16) & 255) << 2), 5120) ^
      load<u32>(tables + ((low >>> 24) << 2), 4096) ^
      load<u32>(tables + ((high & 255) << 2), 3072) ^
      load<u32>(tables + (((high >>> 8) & 255) << 2), 2048) ^
      load<u32>(tables + (((high >>> 16) & 255) << 2), 1024) ^
      load<u32>(tables + ((high >>> 24) << 2));
    from += 8;
  }
  while (from < end) {
    sum = (sum >>> 8) ^ load<u32>(tables + (((sum ^ load<u8>(from)) & 255) << 2));
    from += 1;
  }
  return sum;
}

/** Most ones before a number's low part. */
const MAX_QUOTIENT: u64 = 4096;

/**
 * Reads `count` Rice codes (model/rice.ts) of `length` bytes at `from` as 32-bit numbers; up to 8 bytes behind them are read, too.
 * As `gaps` each is what lies between the number before and its own. Returns false where they end early, go on, or hold a number
 * out of range.
 */
export function rice(count: u32, shift: u32, gaps: bool, from: usize, length: u32, out: usize): bool {
  const bits: u64 = (<u64>length) << 3;
  let before: u64 = -1;
  let place: u64 = 0;
  for (const last: usize = out + ((<usize>count) << 2); out < last; out += 4) {
    let quotient: u64 = 0;
    let ones: u64;
    do {
      // 56 bits and more of what follows, from the highest on.
      const window: u64 = bswap<u64>(load<u64>(from + <usize>(place >>> 3))) << (place & 7);
      ones = min<u64>(clz<u64>(~window), 56);
      place += ones;
      quotient += ones;
      if (place >= bits || quotient > MAX_QUOTIENT) return false;
    } while (ones == 56);
    place += 1;
    if (place + shift > bits) return false;
    const window: u64 = bswap<u64>(load<u64>(from + <usize>(place >>> 3))) << (place & 7);
    let value: u64 = (quotient << shift) | (shift == 0 ? 0 : window >>> (64 - shift));
    if (gaps) value += before + 1;
    if (value > 0xffffffff) return false;
    before = value;
    place += shift;
    store<u32>(out, <u32>value);
  }
  return bits - place < 8;
}

/** Turns `count` whole numbers at `at` into what each lacks to `top`, times `unit`, as float32. */
export function lacking(count: u32, top: u32, unit: f64, at: usize): void {
  for (const end: usize = at + ((<usize>count) << 2); at < end; at += 4) {
    store<f32>(at, <f32>((<f64>top - <f64>load<u32>(at)) * unit));
  }
}

/** Writes code x scale of its row (model/int8.ts). Returns false where a number is not finite. */
export function int8Rows(rows: u32, columns: u32, scales: usize, codes: usize, out: usize): bool {
  // x * 0 is 0 for every finite x and NaN for the others.
  let sum: f32 = 0;
  for (const end: usize = scales + ((<usize>rows) << 2); scales < end; scales += 4) {
    const scale: f32 = load<f32>(scales);
    for (const last: usize = codes + <usize>columns; codes < last; codes += 1, out += 4) {
      const value: f32 = <f32>load<i8>(codes) * scale;
      sum += value * 0;
      store<f32>(out, value);
    }
  }
  return sum == 0;
}

/** Lays `classes` rows of a head in blocks of 8 classes, column by column, as `logits` reads them; what a block lacks stays as it is. */
export function blocks(classes: u32, columns: u32, head: usize, out: usize): void {
  for (let id: u32 = 0; id < classes; id += 1) {
    let at: usize = out + ((((<usize>id) & ~7) * <usize>columns + ((<usize>id) & 7)) << 2);
    for (const end: usize = head + ((<usize>columns) << 2); head < end; head += 4, at += 32) {
      store<f32>(at, load<f32>(head));
    }
  }
}

/** Enters the places of `count` distinct keys into `mask` + 1 slots of -1 (model/vector.ts): open addressing with linear probing. */
export function index(count: u32, keys: usize, mask: u32, slots: usize): void {
  for (let at: u32 = 0; at < count; at += 1) {
    let slot: u32 = load<u32>(keys + ((<usize>at) << 2)) & mask;
    while (load<i32>(slots + ((<usize>slot) << 2)) != -1) slot = (slot + 1) & mask;
    store<u32>(slots + ((<usize>slot) << 2), at);
  }
}

/**
 * Decodes `groups` x 4 rows of `columns` numbers, a row a lane (model/entropy.ts). Four states are independent of each other, so
 * that a processor works on all of them at once; a call does some groups, so that a faster compilation takes over between calls.
 * `lanes` holds for each lane state, next word and end of its words, and last the next escape and the end of them; they are moved
 * on. Returns false, with one of them beyond its end, where words or escapes end early.
 */
export function decode(
  groups: u32,
  columns: u32,
  width: u32,
  contexts: usize,
  symbols: usize,
  cells: usize,
  levels: usize,
  step: f32,
  lanes: usize,
  out: usize,
): bool {
  let state0: u32 = load<u32>(lanes, 0);
  let next0: usize = load<u32>(lanes, 4);
  let state1: u32 = load<u32>(lanes, 12);
  let next1: usize = load<u32>(lanes, 16);
  let state2: u32 = load<u32>(lanes, 24);
  let next2: usize = load<u32>(lanes, 28);
  let state3: u32 = load<u32>(lanes, 36);
  let next3: usize = load<u32>(lanes, 40);
  let escape: usize = load<u32>(lanes, 48);
  const escapesEnd: usize = load<u32>(lanes, 52);
  const stride: usize = (<usize>columns) << 2;
  const magnitudes: usize = levels + 128;
  let good = true;
  while (good && groups > 0) {
    groups -= 1;
    let row0: usize = contexts;
    let row1: usize = contexts;
    let row2: usize = contexts;
    let row3: usize = contexts;
    const end: usize = out + stride;
    while (out < end) {
      const context0: u32 = load<u8>(row0);
      const context1: u32 = load<u8>(row1);
      const context2: u32 = load<u8>(row2);
      const context3: u32 = load<u8>(row3);
      const symbol0: u32 = load<u8>(symbols + ((context0 << SHARE_BITS) | (state0 & PLACES)));
      const symbol1: u32 = load<u8>(symbols + ((context1 << SHARE_BITS) | (state1 & PLACES)));
      const symbol2: u32 = load<u8>(symbols + ((context2 << SHARE_BITS) | (state2 & PLACES)));
      const symbol3: u32 = load<u8>(symbols + ((context3 << SHARE_BITS) | (state3 & PLACES)));
      const cell0: u32 = load<u32>(cells + (((context0 << SYMBOL_BITS) | symbol0) << 2));
      const cell1: u32 = load<u32>(cells + (((context1 << SYMBOL_BITS) | symbol1) << 2));
      const cell2: u32 = load<u32>(cells + (((context2 << SYMBOL_BITS) | symbol2) << 2));
      const cell3: u32 = load<u32>(cells + (((context3 << SYMBOL_BITS) | symbol3) << 2));
      const left0: u32 = (cell0 & 0xffff) * (state0 >>> SHARE_BITS) + (state0 & PLACES) - (cell0 >>> 16);
      const left1: u32 = (cell1 & 0xffff) * (state1 >>> SHARE_BITS) + (state1 & PLACES) - (cell1 >>> 16);
      const left2: u32 = (cell2 & 0xffff) * (state2 >>> SHARE_BITS) + (state2 & PLACES) - (cell2 >>> 16);
      const left3: u32 = (cell3 & 0xffff) * (state3 >>> SHARE_BITS) + (state3 & PLACES) - (cell3 >>> 16);
      const takes0: u32 = (left0 - LEAST) >>> 31;
      const takes1: u32 = (left1 - LEAST) >>> 31;
      const takes2: u32 = (left2 - LEAST) >>> 31;
      const takes3: u32 = (left3 - LEAST) >>> 31;
      state0 = (left0 << (takes0 << 4)) | (<u32>load<u16>(next0) & (0 - takes0));
      state1 = (left1 << (takes1 << 4)) | (<u32>load<u16>(next1) & (0 - takes1));
      state2 = (left2 << (takes2 << 4)) | (<u32>load<u16>(next2) & (0 - takes2));
      state3 = (left3 << (takes3 << 4)) | (<u32>load<u16>(next3) & (0 - takes3));
      next0 += <usize>(takes0 << 1);
      next1 += <usize>(takes1 << 1);
      next2 += <usize>(takes2 << 1);
      next3 += <usize>(takes3 << 1);
      store<f32>(out, load<f32>(levels + (symbol0 << 2)));
      store<f32>(out + stride, load<f32>(levels + (symbol1 << 2)));
      store<f32>(out + 2 * stride, load<f32>(levels + (symbol2 << 2)));
      store<f32>(out + 3 * stride, load<f32>(levels + (symbol3 << 2)));
      row0 += <usize>width + load<u8>(magnitudes + symbol0);
      row1 += <usize>width + load<u8>(magnitudes + symbol1);
      row2 += <usize>width + load<u8>(magnitudes + symbol2);
      row3 += <usize>width + load<u8>(magnitudes + symbol3);
      if ((symbol0 == ESCAPE) | (symbol1 == ESCAPE) | (symbol2 == ESCAPE) | (symbol3 == ESCAPE)) {
        const many: u32 =
          <u32>(symbol0 == ESCAPE) + <u32>(symbol1 == ESCAPE) + <u32>(symbol2 == ESCAPE) + <u32>(symbol3 == ESCAPE);
        good = escape + many <= escapesEnd;
        if (!good) {
          escape = escapesEnd + 1;
          break;
        }
        if (symbol0 == ESCAPE) store<f32>(out, <f32>load<i8>(escape++) * step);
        if (symbol1 == ESCAPE) store<f32>(out + stride, <f32>load<i8>(escape++) * step);
        if (symbol2 == ESCAPE) store<f32>(out + 2 * stride, <f32>load<i8>(escape++) * step);
        if (symbol3 == ESCAPE) store<f32>(out + 3 * stride, <f32>load<i8>(escape++) * step);
      }
      out += 4;
    }
    out += 3 * stride;
    good =
      good &&
      next0 <= <usize>load<u32>(lanes, 8) &&
      next1 <= <usize>load<u32>(lanes, 20) &&
      next2 <= <usize>load<u32>(lanes, 32) &&
      next3 <= <usize>load<u32>(lanes, 44);
  }
  store<u32>(lanes, state0, 0);
  store<u32>(lanes, <u32>next0, 4);
  store<u32>(lanes, state1, 12);
  store<u32>(lanes, <u32>next1, 16);
  store<u32>(lanes, state2, 24);
  store<u32>(lanes, <u32>next2, 28);
  store<u32>(lanes, state3, 36);
  store<u32>(lanes, <u32>next3, 40);
  store<u32>(lanes, <u32>escape, 48);
  return good;
}

/**
 * hidden = sum of value x vector over `length` features: 16 columns at a time stay in registers while the features pass. Float64
 * throughout, a column's additions in the order of the features. `hidden` and rows may be read and written up to 15 numbers
 * beyond `columns`.
 */
export function embed(length: u32, columns: u32, rows: usize, values: usize, vectors: usize, hidden: usize): void {
  const stride: usize = (<usize>columns) << 2;
  for (let column: u32 = 0; column < columns; column += 16) {
    let sum0 = f64x2.splat(0);
    let sum1 = f64x2.splat(0);
    let sum2 = f64x2.splat(0);
    let sum3 = f64x2.splat(0);
    let sum4 = f64x2.splat(0);
    let sum5 = f64x2.splat(0);
    let sum6 = f64x2.splat(0);
    let sum7 = f64x2.splat(0);
    const from: usize = vectors + ((<usize>column) << 2);
    for (let feature: u32 = 0; feature < length; feature += 1) {
      const at: usize = (<usize>feature) << 2;
      const value = f64x2.splat(<f64>load<f32>(values + at));
      const row: usize = from + <usize>load<u32>(rows + at) * stride;
      sum0 = f64x2.add(sum0, f64x2.mul(value, f64x2.promote_low_f32x4(v128.load64_zero(row, 0))));
      sum1 = f64x2.add(sum1, f64x2.mul(value, f64x2.promote_low_f32x4(v128.load64_zero(row, 8))));
      sum2 = f64x2.add(sum2, f64x2.mul(value, f64x2.promote_low_f32x4(v128.load64_zero(row, 16))));
      sum3 = f64x2.add(sum3, f64x2.mul(value, f64x2.promote_low_f32x4(v128.load64_zero(row, 24))));
      sum4 = f64x2.add(sum4, f64x2.mul(value, f64x2.promote_low_f32x4(v128.load64_zero(row, 32))));
      sum5 = f64x2.add(sum5, f64x2.mul(value, f64x2.promote_low_f32x4(v128.load64_zero(row, 40))));
      sum6 = f64x2.add(sum6, f64x2.mul(value, f64x2.promote_low_f32x4(v128.load64_zero(row, 48))));
      sum7 = f64x2.add(sum7, f64x2.mul(value, f64x2.promote_low_f32x4(v128.load64_zero(row, 56))));
    }
    const into: usize = hidden + ((<usize>column) << 3);
    v128.store(into, sum0, 0);
    v128.store(into, sum1, 16);
    v128.store(into, sum2, 32);
    v128.store(into, sum3, 48);
    v128.store(into, sum4, 64);
    v128.store(into, sum5, 80);
    v128.store(into, sum6, 96);
    v128.store(into, sum7, 112);
  }
}

/**
 * logit = bias + sum of head x hidden, 8 classes at a time, each in the order of the columns. The head lies in blocks of 8
 * classes, column by column; `classes` is a multiple of 8.
 */
export function logits(classes: u32, columns: u32, head: usize, bias: usize, hidden: usize, out: usize): void {
  const end: usize = hidden + ((<usize>columns) << 3);
  for (let id: u32 = 0; id < classes; id += 8) {
    let sum0 = v128.load(bias, 0);
    let sum1 = v128.load(bias, 16);
    let sum2 = v128.load(bias, 32);
    let sum3 = v128.load(bias, 48);
    for (let at: usize = hidden; at < end; at += 8) {
      const value = v128.load64_splat(at);
      sum0 = f64x2.add(sum0, f64x2.mul(value, f64x2.promote_low_f32x4(v128.load64_zero(head, 0))));
      sum1 = f64x2.add(sum1, f64x2.mul(value, f64x2.promote_low_f32x4(v128.load64_zero(head, 8))));
      sum2 = f64x2.add(sum2, f64x2.mul(value, f64x2.promote_low_f32x4(v128.load64_zero(head, 16))));
      sum3 = f64x2.add(sum3, f64x2.mul(value, f64x2.promote_low_f32x4(v128.load64_zero(head, 24))));
      head += 32;
    }
    v128.store(out, sum0, 0);
    v128.store(out, sum1, 16);
    v128.store(out, sum2, 32);
    v128.store(out, sum3, 48);
    bias += 64;
    out += 64;
  }
}
