import fc from "fast-check";
import { expect, it } from "vitest";
import { effectiveSize } from "./effective-size.ts";

it("is that of the reference: logged [.5, .5, .25, .25], wanted [1, 0, .5, .5]", () => {
  const logged = [0.5, 0.5, 0.25, 0.25];
  expect(effectiveSize([1, 0, 0.5, 0.5].map((wanted, at) => wanted / (logged[at] as number)))).toBe(3);
  expect(effectiveSize([])).toBe(0);
});

it("lies between 1 and the number of weights, and is that where all are alike", () => {
  const weights = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(weights, (all) => {
      expect(effectiveSize(all)).toBeGreaterThan(1 - 1e-9);
      expect(effectiveSize(all)).toBeLessThan(all.length + 1e-9);
      expect(effectiveSize(all.map(() => 7))).toBeCloseTo(all.length, 9);
    }),
  );
});
