import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHalves, toHalves } from "./float16.ts";

const half = (value: number): number => toHalves(Float32Array.of(value))[0] as number;

describe("binary16", () => {
  // Constants of IEEE 754-2008 and of the tables in its Wikipedia article.
  test.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [1 / 3, 0x3555],
    [65504, 0x7bff],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [1023 * 2 ** -24, 0x03ff],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [2 ** -25, 0x0000],
    [3 * 2 ** -25, 0x0002],
    [65519, 0x7bff],
    [65520, 0x7c00],
    [Number.NEGATIVE_INFINITY, 0xfc00],
  ])("%f is stored as %i", (value, bits) => {
    expect(half(value)).toBe(bits);
  });

  test("every one of the 65,536 values that is a number survives", () => {
    const all = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
    const numbers = fromHalves(all);
    const back = toHalves(numbers);
    expect(all.filter((bits) => !Number.isNaN(numbers[bits]) && back[bits] !== bits)).toEqual(new Uint16Array());
  });

  test("no neighbour is nearer", () => {
    fc.assert(
      fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (value) => {
        const bits = half(value);
        const magnitude = bits & 0x7fff;
        const near = [magnitude - 1, magnitude, magnitude + 1].filter((at) => at >= 0 && at < 0x7c00);
        const [own, ...others] = [bits, ...near.map((at) => (bits & 0x8000) | at)].map((at) =>
          Math.abs((fromHalves(Uint16Array.of(at))[0] as number) - value),
        );
        expect(own).toBe(Math.min(own as number, ...others));
      }),
    );
  });
});
