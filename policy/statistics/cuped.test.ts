import { expect, test } from "vitest";
import { type Arm, cuped } from "./cuped.ts";

const control: Arm = { outcome: [3, 5, 4, 6, 8, 7, 5, 9], before: [2, 4, 3, 5, 7, 5, 4, 8] };
const treated: Arm = { outcome: [4, 6, 5, 8, 9, 8, 7, 10], before: [2, 4, 4, 5, 7, 6, 5, 8] };

test("the reference's data", () => {
  const adjusted = cuped(control, treated);
  expect(adjusted.theta).toBeCloseTo(1.0484061393152302, 12);
  expect(adjusted.estimate).toBeCloseTo(0.8568476977567894, 12);
  expect(adjusted.se).toBeCloseTo(0.22664901119352976, 12);
  expect(adjusted.lower).toBeCloseTo(0.36463173248959146, 10);
  expect(adjusted.upper).toBeCloseTo(1.3490636630239874, 10);
  expect(adjusted.pValue).toBeCloseTo(0.002491508989783231, 12);
});

test("a covariate that says nothing leaves the plain difference", () => {
  const same = (arm: Arm): Arm => ({ ...arm, before: arm.before.map(() => 1) });
  const plain = cuped(same(control), same(treated));
  expect(plain.theta).toBe(0);
  expect(plain.estimate).toBeCloseTo(1.25, 12);
  expect(plain.se).toBeCloseTo(1.015504800579495, 12);
  expect(plain.pValue).toBeCloseTo(0.23863428098415462, 9);
});
