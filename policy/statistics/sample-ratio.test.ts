import { expect, test } from "vitest";
import { sampleRatioP } from "./sample-ratio.ts";

test.each([
  [[821588, 815482], [0.5, 0.5], 1.8217928726191858e-6],
  [[5100, 4900], [0.5, 0.5], 0.04550026389635857],
  [[5200, 4800], [0.5, 0.5], 6.334248366623988e-5],
  [[560, 9440], [0.05, 0.95], 0.005905391532593238],
  // An arm without weight is no degree of freedom.
  [[5170, 4830, 0], [0.5, 0.5, 0], 0.0006738585313537617],
])("%j by %j", (users, weights, p) => {
  expect((sampleRatioP(users, weights) ?? 0) / p).toBeCloseTo(1, 9);
});

test("nothing to test is unknown, never sound", () => {
  expect(sampleRatioP([0, 0], [0.5, 0.5])).toBeUndefined();
  expect(sampleRatioP([7, 100], [0.5, 0.5])).toBeUndefined();
  expect(sampleRatioP([100, 0], [1, 0])).toBeUndefined();
});

test("users in an arm without weight are a mismatch for certain", () => {
  expect(sampleRatioP([100, 100, 1], [0.5, 0.5, 0])).toBe(0);
});
