import { expect, test } from "vitest";
import { pooledZ, thresholdRollsBack, zRollsBack } from "./judge-peers.ts";

test.each([
  [30, 1000, 12, 1000, 2.8070911436484303],
  [15, 20, 10, 20, 1.6329931618554523],
])("pooled z of %i of %i against %i of %i is the reference's", (xa, na, xb, nb, z) => {
  expect(pooledZ({ requests: na, errors: xa }, { requests: nb, errors: xb })).toBeCloseTo(z, 12);
});

test("peers pass where there are no data", () => {
  const none = { requests: 0, errors: 0 };
  expect(thresholdRollsBack(none, 0.01)).toBe(false);
  expect(zRollsBack(none, none)).toBe(false);
});
