import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromInt8Rows, toInt8Rows } from "./int8.ts";

/** Rows below it become zeros: a 127th of them is no normal float32. */
const SMALLEST = 1e-42;

const rows = fc
  .array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { maxLength: 60 })
  .map((values) => Float32Array.from(values.slice(0, values.length - (values.length % 3))));

describe("rows in 8 bits", () => {
  test("are off by half a step at most, and the same when rounded again", () => {
    fc.assert(
      fc.property(rows, (values) => {
        const once = toInt8Rows(values, 3);
        const back = fromInt8Rows(once, 3);
        for (const [at, value] of values.entries()) {
          const scale = once.scales[Math.floor(at / 3)] as number;
          expect(Math.abs((back[at] as number) - value)).toBeLessThanOrEqual(0.501 * scale + SMALLEST);
        }
        expect(toInt8Rows(back, 3)).toEqual(once);
      }),
    );
  });

  test("use the whole range, each row its own", () => {
    const { codes, scales } = toInt8Rows(Float32Array.of(1, -0.5, 0, -300, 150, 1, 0, 0, 0), 3);
    expect([...codes]).toEqual([127, -63, 0, -127, 63, 0, 0, 0, 0]);
    expect(scales[0]).toBeCloseTo(1 / 127, 4);
    expect(scales[1]).toBeCloseTo(300 / 127, 2);
    expect(scales[2]).toBe(0);
  });
});
