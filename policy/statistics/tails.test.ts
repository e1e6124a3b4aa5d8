import { expect, test } from "vitest";
import { normalDeviation } from "./normal.ts";
import { studentDeviation, studentTails } from "./student.ts";

test("normal deviations of tables", () => {
  expect(normalDeviation(0.05)).toBeCloseTo(1.959963984540054, 12);
  expect(normalDeviation(0.01)).toBeCloseTo(2.5758293035489004, 12);
});

test("Student deviations of tables, and back", () => {
  expect(studentDeviation(0.05, 1)).toBeCloseTo(12.706204736, 8);
  expect(studentDeviation(0.05, 10)).toBeCloseTo(2.228138852, 8);
  expect(studentDeviation(0.05, 12.364509010742891)).toBeCloseTo(2.1717101816381073, 8);
  expect(studentTails(studentDeviation(0.2, 7), 7)).toBeCloseTo(0.2, 12);
});
