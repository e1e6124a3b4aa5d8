import fc from "fast-check";
import { expect, it } from "vitest";
import { ClassifyRequest } from "#contracts/http.ts";
import { plainRequest } from "./plain-request.ts";

const text = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom(" ", "\u3000", "x".repeat(2000), "x".repeat(2001)));
const person = fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom("p".repeat(100), "p".repeat(101)));
const anything = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constant(undefined));
const body = fc.record(
  {
    text: fc.oneof({ weight: 9, arbitrary: text }, anything),
    lang: fc.oneof({ weight: 9, arbitrary: fc.constantFrom("ja", "en", "zh", "auto") }, anything),
    userId: fc.oneof({ weight: 9, arbitrary: person }, anything),
    sessionId: fc.oneof({ weight: 9, arbitrary: person }, anything),
    top: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 6 }) }, anything),
    consent: fc.oneof({ weight: 9, arbitrary: fc.boolean() }, anything),
    other: anything,
  },
  { requiredKeys: [] },
);

it("gives what the schema gives, and nothing where the schema refuses", () => {
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: body }, anything), (value) => {
      const schema = ClassifyRequest.safeParse(value);
      expect(plainRequest(value)).toEqual(schema.success ? schema.data : undefined);
    }),
    { numRuns: 2000 },
  );
});
