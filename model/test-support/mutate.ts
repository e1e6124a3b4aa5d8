import fc from "fast-check";
import { crc32 } from "../container.ts";

/** One piece of damage to a file: what can happen to bytes on their way, and what somebody might do to them. */
type Damage =
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "write"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "move"; readonly from: number; readonly to: number; readonly length: number }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Uint8Array };

const place = fc.nat(2 ** 30);
const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant("cut" as const), at: place }),
  fc.record({ kind: fc.constant("write" as const), at: place, bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) }),
  fc.record({ kind: fc.constant("move" as const), from: place, to: place, length: fc.nat(64) }),
  fc.record({ kind: fc.constant("insert" as const), at: place, bytes: fc.uint8Array({ minLength: 1, maxLength: 16 }) }),
);

function apply(bytes: Uint8Array, one: Damage): Uint8Array {
  const size = Math.max(1, bytes.length);
  switch (one.kind) {
    case "cut":
      return bytes.slice(0, one.at % size);
    case "insert": {
      const at = one.at % size;
      return new Uint8Array([...bytes.subarray(0, at), ...one.bytes, ...bytes.subarray(at)]);
    }
    case "write": {
      const copy = bytes.slice();
      const at = one.at % size;
      copy.set(one.bytes.subarray(0, copy.length - at), at);
      return copy;
    }
    case "move":
      return bytes.slice().copyWithin(one.to % size, one.from % size, (one.from % size) + one.length);
  }
}

/** Damaged copies of a file; half of them with a checksum made anew, so that damage gets past it to what lies behind. */
export const damaged = (whole: Uint8Array): fc.Arbitrary<{ bytes: Uint8Array; resealed: boolean }> =>
  fc.tuple(fc.array(damage, { minLength: 1, maxLength: 3 }), fc.boolean()).map(([damages, resealed]) => {
    const bytes = damages.reduce(apply, whole);
    return { bytes: resealed ? seal(bytes) : bytes, resealed };
  });

/** Bytes of a model with the checksum of what they hold. */
export function seal(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  if (copy.length >= 16) new DataView(copy.buffer).setUint32(12, crc32(copy.subarray(16)), true);
  return copy;
}
