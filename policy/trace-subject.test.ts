import { describe, expect, it } from "vitest";
import { attributesOf, resultOf, subjectOf } from "./trace-subject.ts";

const reference = (sha256: string) => ({ uri: `folder:${sha256}`, sha256, bytes: 1, kind: "model" });

describe("what a call is about", () => {
  it("is a stage's name, and its model's digest before any other input's", () => {
    const inputs = { events: reference("e"), model: reference("m") };
    expect(subjectOf([{ stage: "07:distribute", inputs }])).toEqual({ stage: "07:distribute", digest: "m" });
    expect(subjectOf([{ stage: "02:preprocess", inputs: { events: reference("e") } }]).digest).toBe("e");
    expect(subjectOf([{ stage: "01:collect", inputs: {} }])).toEqual({ stage: "01:collect" });
  });

  it("is an errand's candidate", () => {
    expect(subjectOf([{ candidate: { sha256: "c", version: "v1" }, percentage: 5 }])).toEqual({ digest: "c" });
    expect(subjectOf([{ sha256: "c", epoch: 3 }])).toEqual({ digest: "c" });
  });

  it("is nothing else: no text of a user is taken over", () => {
    expect(subjectOf([{ text: "secret", reason: "secret", userId: "u" }])).toEqual({});
    expect(subjectOf(["secret"])).toEqual({});
    expect(subjectOf([])).toEqual({});
    expect(subjectOf([null])).toEqual({});
  });
});

it("what it came to is its digest and verdict", () => {
  const verdict = { action: "hold", reason: "no-data", evidence: {}, policyDigest: "p" };
  expect(resultOf({ output: reference("o"), verdict })).toEqual({ digest: "o", verdict: "hold" });
  expect(resultOf({ model: { sha256: "m" }, stages: [] })).toEqual({ digest: "m" });
  expect(resultOf(undefined)).toEqual({});
  expect(attributesOf({ digest: "m" })).toEqual({ "haqei.digest": "m" });
});
