import { describe, expect, it } from "vitest";
import { METRICS } from "./metrics.ts";

describe("metrics", () => {
  it("are the specification's 27 items, six groups, each named once", () => {
    expect(METRICS).toHaveLength(27);
    expect(new Set(METRICS.map(({ name }) => name)).size).toBe(27);
    const count = (group: string) => METRICS.filter((metric) => metric.group === group).length;
    expect(["edge", "quality", "platform", "business", "batch", "deployment"].map(count)).toEqual([6, 4, 5, 4, 4, 4]);
  });

  it("carry the specification's thresholds (4.1)", () => {
    const threshold = (name: string) => METRICS.find((metric) => metric.name === name)?.threshold?.value;
    expect(
      ["cpu_time_p99", "memory_usage", "cache_hit_rate", "subrequests", "d1_query_time", "kv_read_time"].map(threshold),
    ).toEqual([45, 120, 0.8, 50, 10, 5]);
    expect(["accuracy", "fallback_rate", "error_rate", "timeout_rate"].map(threshold)).toEqual([
      0.8, 0.05, 0.01, 0.001,
    ]);
  });
});
