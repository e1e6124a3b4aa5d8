import { expect, test } from "vitest";
import { hoursOf } from "./duration.ts";

test.each([
  ["36s", 0.01],
  ["15m", 0.25],
  ["6h", 6],
  ["1.5d", 36],
  ["permanent", Number.POSITIVE_INFINITY],
])("%s is %d hours", (duration, hours) => {
  expect(hoursOf(duration)).toBeCloseTo(hours, 12);
});
