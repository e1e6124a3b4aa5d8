import { describe, expect, it } from "vitest";
import { createCounters } from "../../counters.ts";
import { byLabel, grown, parseMetrics, sum } from "./metrics.ts";

describe("counters as the dashboard reads them", () => {
  it("are those that the edge prints", () => {
    const counters = createCounters();
    counters.add("haqei_edge_answers_total", 'path="full"', 3);
    counters.add("haqei_edge_answers_total", 'path="cache"');
    counters.add("haqei_edge_requests_total", 'route="/api/classify",status="200"', 4);
    counters.add("haqei_edge_requests_total", 'route="/api/health",status="200"', 2);
    const metrics = parseMetrics(`${counters.print()}haqei_edge_memory_bytes 1048576\nnonsense\n`);
    expect(byLabel(metrics, "haqei_edge_answers_total", "path")).toEqual(
      new Map([
        ["full", 3],
        ["cache", 1],
      ]),
    );
    expect(byLabel(metrics, "haqei_edge_requests_total", "status")).toEqual(new Map([["200", 6]]));
    expect(metrics.get("haqei_edge_memory_bytes")).toBe(1_048_576);
    expect(byLabel(metrics, "haqei_edge_absent_total", "path")).toEqual(new Map());
  });

  it("grow, or began again", () => {
    const counted = grown(
      new Map([
        ["full", 10],
        ["cache", 5],
      ]),
      new Map([
        ["full", 12],
        ["cache", 1],
        ["prior", 4],
      ]),
    );
    expect(counted).toEqual(
      new Map([
        ["full", 2],
        ["cache", 1],
        ["prior", 4],
      ]),
    );
    expect(sum(counted.values())).toBe(7);
  });
});
