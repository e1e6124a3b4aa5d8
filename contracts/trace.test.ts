import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTraceparent, parseTraceparent, traceOfRun } from "./trace.ts";

const hex = (length: number) =>
  fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: length, maxLength: length })
    .map((digits) => digits.map((digit) => digit.toString(16)).join(""))
    .filter((id) => !/^0+$/.test(id));
const contexts = fc.record({ traceId: hex(32), spanId: hex(16), sampled: fc.boolean() });

describe("a traceparent", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(contexts, (context) => {
        expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
      }),
    );
  });

  it("is read of later versions with more behind it, as the standard asks", () => {
    const known = formatTraceparent({ traceId: "a".repeat(32), spanId: "b".repeat(16), sampled: true });
    expect(parseTraceparent(`cc${known.slice(2)}-more`)?.traceId).toBe("a".repeat(32));
    expect(parseTraceparent(`${known}-more`)).toBeUndefined();
    expect(parseTraceparent(`ff${known.slice(2)}`)).toBeUndefined();
  });

  it.each([
    "",
    "00",
    `00-${"0".repeat(32)}-${"b".repeat(16)}-01`,
    `00-${"a".repeat(32)}-${"0".repeat(16)}-01`,
    `00-${"A".repeat(32)}-${"b".repeat(16)}-01`,
    `00-${"a".repeat(31)}-${"b".repeat(16)}-01`,
    `00-${"a".repeat(32)}-${"b".repeat(16)}-1`,
  ])("%j is none", (text) => expect(parseTraceparent(text)).toBeUndefined());

  it("is never made of anything else", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const read = parseTraceparent(text);
        if (read) expect(text).toContain(read.traceId);
      }),
    );
  });
});

it("a run's id is a valid trace and span", () => {
  fc.assert(
    fc.property(fc.uuid(), (runId) => {
      const own = traceOfRun(runId);
      expect(parseTraceparent(formatTraceparent(own))).toEqual(own);
      expect(runId.replaceAll("-", "")).toBe(own.traceId);
    }),
  );
});
