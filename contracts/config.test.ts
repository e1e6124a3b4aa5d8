import { describe, expect, test } from "vitest";
import { Config } from "./config.ts";

const faultsAt = (input: unknown): string[] => {
  const parsed = Config.safeParse(input);
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join("."));
};

describe("the config's defaults", () => {
  test("seven daily stages with their planned minutes (specification 1.2.2)", () => {
    expect(Object.entries(Config.parse({}).daily.stages)).toEqual([
      ["01:collect", 5],
      ["02:preprocess", 10],
      ["03:train", 60],
      ["04:validate", 15],
      ["05:compress", 20],
      ["06:deploy", 5],
      ["07:distribute", 5],
    ]);
  });
  test("02:00-04:00 in Asia/Tokyo (specification 2.1)", () => {
    expect(Config.parse({})).toMatchObject({
      timezone: "Asia/Tokyo",
      daily: { window: { start: "02:00", end: "04:00" } },
    });
  });
  test("thresholds of the specification under its names (2.2, 3.2, 6, 7.2)", () => {
    const { compression, deploy, release, training, preprocess } = Config.parse({});
    expect(deploy).toEqual({ accuracy_drop: 0.05 });
    expect(compression).toEqual({
      shipBytes: 800_000,
      pinned: { terms: [], decisive: 0 },
      refit: { below: 150_000, epochs: 4 },
      information_retention: 0.95,
      semantic_similarity: 0.92,
      keyword_coverage: 0.9,
      accuracy_impact: 0.03,
      vector_retention: 0.9,
      ladder: {
        float16: { information_retention: 0.98, accuracy_impact: 0.01 },
        int8: { information_retention: 0.95, accuracy_impact: 0.03 },
        codebook: { information_retention: 0.9, accuracy_impact: 0.05 },
        coded: { information_retention: 0.9, accuracy_impact: 0.05 },
      },
      degradation: { adjust: 0.03, rollback: 0.05 },
    });
    expect(release.stages.map(({ percentage, duration }) => `${percentage}% ${duration}`)).toEqual([
      "5% 6h",
      "25% 12h",
      "50% 24h",
      "100% permanent",
    ]);
    expect(release.rollback_threshold).toEqual({ error_rate: 0.01, accuracy_drop: 0.05 });
    expect(release.metrics).toEqual(["accuracy", "latency", "errors"]);
    expect(training).toMatchObject({ max_dimension: 50, min_variance_explained: 0.95 });
    expect(preprocess.minimumExamples).toBe(500);
  });
});

describe("what the config refuses", () => {
  const FIRST = { percentage: 5, duration: "6h" };
  const LAST = { percentage: 100, duration: "permanent" };
  test.each<[unknown, string]>([
    [{ timezone: "Asia/Tokio" }, "timezone"],
    [{ daily: { window: { start: "2am" } } }, "daily.window.start"],
    [{ daily: { window: { end: "24:00" } } }, "daily.window.end"],
    [{ daily: { stages: { "03:train": 0 } } }, "daily.stages.03:train"],
    [{ training: { dropout: 1 } }, "training.dropout"],
    [{ release: { stages: [] } }, "release.stages"],
    [{ release: { stages: [{ percentage: 5, duration: "6h" }] } }, "release.stages"],
    [{ release: { stages: [FIRST, FIRST, LAST] } }, "release.stages"],
    [{ release: { stages: [FIRST, { percentage: 100, duration: "6h" }] } }, "release.stages"],
    [{ release: { stages: [{ percentage: 5, duration: "permanent" }, LAST] } }, "release.stages"],
    [{ release: { stages: [{ percentage: 5, duration: "6 hours" }, LAST] } }, "release.stages.0.duration"],
    [{ release: { metrics: [] } }, "release.metrics"],
    [{ release: { metrics: ["errors", "errors"] } }, "release.metrics"],
    [{ release: { rollback_threshold: { error_rate: 0 } } }, "release.rollback_threshold.error_rate"],
    [{ training: { rung: "float32" } }, "training.rung"],
    [{ compression: { shipBytes: 0 } }, "compression.shipBytes"],
    [{ compression: { keyword_coverage: 90 } }, "compression.keyword_coverage"],
    [{ store: { kind: "s3", endpoint: "not an address", bucket: "b" } }, "store.endpoint"],
  ])("%j names %s", (input, path) => {
    expect(faultsAt(input)).toEqual([path]);
  });
  test("an unknown name, so that a slip of the pen is not a silent default", () => {
    expect(Config.safeParse({ training: { epoch: 3 } }).success).toBe(false);
  });
  test("one part given leaves the others' defaults", () => {
    expect(Config.parse({ training: { epochs: 3 } }).training).toMatchObject({ epochs: 3, learningRate: 0.2 });
  });
});
