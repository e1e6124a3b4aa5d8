import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Config } from "#contracts/config.ts";
import { type CompressionFigures, judgeCompression } from "./compression-gate.ts";

const limits = Config.parse({}).compression;
const sound: CompressionFigures = {
  rung: "coded",
  n: 4500,
  information_retention: 0.99,
  semantic_similarity: 0.995,
  keyword_coverage: 1,
  worse: 14,
  better: 9,
};
const judge = (change: Partial<CompressionFigures> = {}) => judgeCompression({ ...sound, ...change }, limits);

describe("judgeCompression (specification 6.1)", () => {
  test("passes what keeps every limit, with its figures and without recommendations", () => {
    expect(judge({ vector_retention: 0.99 }).passed).toBe(true);
    const { passed, metrics, failed, recommendations } = judge();
    expect({ passed, failed, recommendations }).toEqual({ passed: true, failed: [], recommendations: [] });
    expect(metrics).toMatchObject({
      information_retention: 0.99,
      semantic_similarity: 0.995,
      keyword_coverage: 1,
      n: 4500,
    });
    expect(metrics.accuracy_impact).toBeCloseTo(5 / 4500, 12);
    expect(metrics.accuracy_impact_upper).toBeGreaterThan(metrics.accuracy_impact);
  });

  test.each<[string, Partial<CompressionFigures>]>([
    ["information_retention", { information_retention: 0.899 }],
    ["semantic_similarity", { semantic_similarity: 0.919 }],
    ["keyword_coverage", { keyword_coverage: 0.899 }],
    ["information_retention", { information_retention: Number.NaN }],
    ["vector_retention", { vector_retention: 0.862 }],
    ["accuracy_impact", { worse: 200, better: 20 }],
    // 2% lost, but on these few queries it may as well be 4%.
    ["accuracy_impact", { n: 300, worse: 10, better: 4 }],
    ["accuracy_impact", { n: 99, worse: 2, better: 2 }],
    ["accuracy_impact", { n: 0, worse: 0, better: 0 }],
  ])("%s fails by name, and says what to do: %j", (name, change) => {
    const { passed, failed, recommendations } = judge(change);
    expect({ passed, failed }).toEqual({ passed: false, failed: [name] });
    expect(recommendations).toEqual([expect.stringMatching(new RegExp(`^${name} .*(give|take|keep|allow)`))]);
  });

  test("each limit itself is kept", () => {
    const at = { information_retention: 0.9, semantic_similarity: 0.92, keyword_coverage: 0.9, worse: 0, better: 0 };
    expect(judge(at).passed).toBe(true);
  });

  test("a rung is held to its own retention (6.2), what is no rung to the gate's", () => {
    const retained = (rung: string, information_retention: number) => judge({ rung, information_retention }).passed;
    expect([retained("float16", 0.98), retained("float16", 0.979)]).toEqual([true, false]);
    expect([retained("int8", 0.95), retained("int8", 0.949)]).toEqual([true, false]);
    expect([retained("coded", 0.9), retained("coded", 0.899)]).toEqual([true, false]);
    expect([retained("float32", 0.95), retained("float32", 0.949)]).toEqual([true, false]);
  });

  test("few disagreements pass by themselves, on however few queries", () => {
    expect(judge({ n: 40, worse: 1, better: 0 }).passed).toBe(true);
    expect(judge({ n: 300, worse: 9, better: 0 }).passed).toBe(true);
    expect(judge({ n: 200, worse: 9, better: 0 }).passed).toBe(false);
  });

  test("more loss never turns a refusal into a pass", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 5000 }), fc.nat(50), fc.nat(50), (n, worse, better) => {
        if (!judge({ n, worse, better }).passed) expect(judge({ n, worse: worse + 1, better }).passed).toBe(false);
      }),
    );
  });
});
