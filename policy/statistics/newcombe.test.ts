import { expect, test } from "vitest";
import { newcombe } from "./newcombe.ts";

// Fagerland prints the first as 0.019 to 0.34.
test.each([
  [7, 34, 1, 34, 0.018921, 0.340369],
  [56, 70, 48, 80, 0.052431, 0.333873],
  [9, 10, 3, 10, 0.170523, 0.809018],
  [5, 56, 0, 29, -0.038137, 0.19256],
  [10, 10, 0, 10, 0.607509, 1],
  [30, 1000, 12, 1000, 0.005439, 0.031512],
])("%i of %i minus %i of %i", (xa, na, xb, nb, lower, upper) => {
  const bounds = newcombe(xa, na, xb, nb);
  expect(bounds.lower).toBeCloseTo(lower, 6);
  expect(bounds.upper).toBeCloseTo(upper, 6);
  expect(bounds.estimate).toBeCloseTo(xa / na - xb / nb, 12);
});
