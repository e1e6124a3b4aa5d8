import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Language, type Served } from "#contracts/event.ts";
import { signEvent, verifyEvent } from "./event-token.ts";

const SECRET = "secret";

const anyServed: fc.Arbitrary<Served> = fc.record(
  {
    model: fc.stringMatching(/^[0-9a-f]{64}$/),
    bucket: fc.string({ unit: "grapheme" }),
    shown: fc.array(fc.integer({ min: 1, max: 384 }), { minLength: 1, maxLength: 5 }),
    propensity: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
    textHash: fc.stringMatching(/^[0-9a-f]{32}$/),
    lang: fc.constantFrom(...Language.options),
    at: fc.nat(),
    text: fc.string({ unit: "grapheme", maxLength: 100 }),
  },
  { requiredKeys: ["model", "bucket", "shown", "propensity", "textHash", "lang", "at"], noNullPrototype: true },
);

describe("event token", () => {
  it("brings back what was signed", () => {
    fc.assert(
      fc.property(anyServed, (served) => {
        expect(verifyEvent(SECRET, signEvent(SECRET, served))).toEqual(served);
      }),
      { numRuns: 50 },
    );
  });

  it("is worth nothing with one character changed, left out or added", () => {
    const change = fc.tuple(anyServed, fc.nat(), fc.constantFrom("A", "B", "_", ".", ""), fc.boolean());
    fc.assert(
      fc.property(change, ([served, place, character, replace]) => {
        const token = signEvent(SECRET, served);
        const at = place % token.length;
        const forged = token.slice(0, at) + character + token.slice(replace ? at + 1 : at);
        // The last character of base64url carries bits that no byte uses.
        fc.pre(forged !== token && at < token.length - 1);
        expect(verifyEvent(SECRET, forged)).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });

  it("is worth nothing under another secret", () => {
    const [served] = fc.sample(anyServed, 1);
    const token = signEvent(SECRET, served as Served);
    expect(verifyEvent("another", token)).toBeUndefined();
  });

  it.each(["", ".", "..", "v1..", "v2.e30.AAAA", "v1.e30.AAAA", "v1.%.%", "🀄.🀄.🀄"])("refuses %j", (token) => {
    expect(verifyEvent(SECRET, token)).toBeUndefined();
  });
});
