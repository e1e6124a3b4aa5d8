import { describe, expect, it } from "vitest";
import { createCounters } from "../../counters.ts";
import { createTally } from "../../tally.ts";
import { byLabel, grown, parseMetrics, sum } from "./metrics.ts";

describe("counters as the dashboard reads them", () => {
  it("are those that the edge prints", () => {
    const tally = createTally();
    const counters = createCounters(tally);
    tally.add({ path: "full" }, { answers: 3 });
    tally.add({ path: "cache" }, { answers: 1 });
    tally.add({ route: "/api/classify", status: "200" }, { requests: 4 });
    tally.add({ route: "/api/health", status: "200" }, { requests: 2 });
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
