import { expect, test } from "vitest";
import { erasedBy } from "./erasures.ts";

const erasure = (user: string, lastSeq: number) => ({ seq: 1, at: 1, user, lastSeq });
const line = (seq: number, user: string, more: object = {}) =>
  JSON.stringify({ seq, receivedAt: 1, ...more, user, served: { text: "t" } });

test("takes a user's events up to the deletion, and none of after it or of others", () => {
  const isErased = erasedBy([erasure("anna", 5), erasure("anna", 9), erasure("ben", 2)]);
  expect(
    [line(1, "anna"), line(9, "anna"), line(10, "anna"), line(2, "ben"), line(3, "ben"), line(1, "eve")].map(isErased),
  ).toEqual([true, true, false, true, false, false]);
});

test("is not deceived by what a user wrote, nor by broken lines", () => {
  const isErased = erasedBy([erasure("anna", 5)]);
  expect(isErased(line(1, "eve", { reason: '"user":"anna"' }))).toBe(false);
  expect(isErased('{"seq":1,"rec')).toBe(false);
  expect(erasedBy([])(line(1, "anna"))).toBe(false);
});
