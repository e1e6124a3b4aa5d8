import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { decodeRice, encodeRice } from "./rice.ts";

const whole = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe("Rice codes", () => {
  test("give the numbers back", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(whole, fc.nat(100))), (values) => {
        expect([...decodeRice(encodeRice(values), values.length, "numbers")]).toEqual(values);
      }),
    );
  });

  test("take about the bits that gaps between random keys need", () => {
    // 16-bit gaps on average: log2(e) + 16 bits is the bound, Rice codes come within 3% of it.
    const gaps = Array.from({ length: 5000 }, (_, at) => Math.floor(-Math.log((at + 0.5) / 5000) * 65536));
    const { shift, bytes } = encodeRice(gaps);
    expect(shift).toBe(15);
    expect((bytes.length * 8) / 5000).toBeLessThan(1.03 * (16 + Math.LOG2E));
  });

  test.each([
    ["a few numbers more", 0, 105, "end early"],
    ["far more numbers than there are bits", 0, 2 ** 28, "end early"],
    ["many numbers less", 0, 50, "go on"],
    ["another shift", 40, 100, "shift of 40"],
  ])("refuse %s", (_, shift, count, message) => {
    const codes = encodeRice(Array.from({ length: 100 }, () => 0));
    const read = () => decodeRice({ ...codes, shift: codes.shift + shift }, count, "numbers");
    expect(read).toThrow(InputError);
    expect(read).toThrow(message);
  });

  test("refuse a run of ones without end, and are whole numbers or an InputError for any bytes", () => {
    expect(() => decodeRice({ shift: 0, bytes: new Uint8Array(2000).fill(255) }, 1, "numbers")).toThrow("out of range");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(31), fc.nat(64), (bytes, shift, count) => {
        try {
          expect(decodeRice({ shift, bytes }, count, "numbers")).toHaveLength(count);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
    );
  });
});
