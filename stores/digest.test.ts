import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "#contracts/canonical-json.ts";
import { digestOf, sha256 } from "./digest.ts";

/** The same value with the keys of every object in the opposite order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, turned(inner)]),
  );
}

describe("sha256", () => {
  test("is the standard's, of bytes as of their text (FIPS 180-2, B.1)", () => {
    const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(sha256("abc")).toBe(expected);
    expect(sha256(new TextEncoder().encode("abc"))).toBe(expected);
  });
});

describe("canonicalJson", () => {
  test("has its keys in order at every depth, and leaves arrays in theirs", () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }, 0], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1},0]}');
  });
  test("the order of keys does not matter", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(turned(value))).toBe(canonicalJson(value));
        expect(digestOf(turned(value))).toBe(digestOf(value));
      }),
    );
  });
  test("says the same as JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
  test("different values have different digests", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        fc.pre(JSON.stringify(turned(a)) !== JSON.stringify(turned(b)) && canonicalJson(a) !== canonicalJson(b));
        expect(digestOf(a)).not.toBe(digestOf(b));
      }),
    );
    expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: "1" }));
    expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]));
  });
});
