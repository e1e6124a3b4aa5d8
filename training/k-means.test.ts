import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assign, centresOf } from "./k-means.ts";

describe("centresOf", () => {
  test("finds groups that lie apart, and keeps the origin", () => {
    const groups = [
      [0, 0],
      [10, 0],
      [0, 10],
      [-10, -10],
    ] as const;
    const points = Float32Array.from(
      Array.from({ length: 80 }, (_, at) => {
        const [x, y] = groups[at % 4] as readonly [number, number];
        return [x + (at % 3) / 100, y - (at % 5) / 100];
      }).flat(),
    );
    const centres = centresOf(points, 2, 4);
    expect([...centres.subarray(0, 2)]).toEqual([0, 0]);
    const found = new Set(
      Array.from({ length: 4 }, (_, at) => [...centres.subarray(2 * at, 2 * at + 2)].map((x) => Math.round(x)).join()),
    );
    expect(found).toEqual(new Set(["0,0", "10,0", "0,10", "-10,-10"]));
    expect(centresOf(points, 2, 4)).toEqual(centres);
  });

  test("of few points, and of none", () => {
    expect(centresOf(Float32Array.of(3, 4), 2, 3)).toEqual(Float32Array.of(0, 0, 3, 4, 3, 4));
    expect(centresOf(new Float32Array(), 2, 2)).toEqual(new Float32Array(4));
  });
});

test("assign finds the nearest centre", () => {
  const coordinate = fc.integer({ min: -50, max: 50 });
  const pairs = (least: number) => fc.array(fc.tuple(coordinate, coordinate), { minLength: least, maxLength: 20 });
  fc.assert(
    fc.property(pairs(0), pairs(1), (points, centres) => {
      const nearest = new Uint8Array(points.length);
      assign(Float32Array.from(points.flat()), Float32Array.from(centres.flat()), 2, nearest);
      const distance = ([x, y]: [number, number], [u, v]: [number, number]) => (x - u) ** 2 + (y - v) ** 2;
      for (const [at, point] of points.entries())
        expect(distance(point, centres[nearest[at] as number] as [number, number])).toBe(
          Math.min(...centres.map((centre) => distance(point, centre))),
        );
    }),
  );
});
