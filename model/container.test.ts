import { expect, test } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { crc32, pack, unpack } from "./container.ts";

test("the checksum is the usual CRC-32", () => {
  expect(crc32(Uint8Array.from("123456789", (letter) => letter.charCodeAt(0)))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
});

test("a number that was changed, within what the format allows, is seen", () => {
  const bytes = pack("HAQEITST", { n: 3 }, [Float32Array.of(1, 2, 3)]);
  const read = (given: Uint8Array) => {
    const { sections } = unpack("HAQEITST", "test", given);
    const values = sections.float32(3, "values");
    sections.end();
    return [...values];
  };
  expect(read(bytes)).toEqual([1, 2, 3]);
  const changed = bytes.slice();
  new DataView(changed.buffer).setFloat32(changed.length - 16, 1.5, true);
  expect(() => read(changed)).toThrow(InputError);
  expect(() => read(changed)).toThrow("checksum");
  const unsealed = bytes.slice();
  new DataView(unsealed.buffer).setUint32(12, 0, true);
  expect(() => read(unsealed)).toThrow("checksum");
});
