import { describe, expect, it } from "vitest";
import { createCounters } from "./counters.ts";

describe("counters", () => {
  it("print as Prometheus text, each name described once", () => {
    const counters = createCounters();
    counters.add("haqei_edge_answers_total", 'path="full"');
    counters.add("haqei_edge_answers_total", 'path="full"', 2);
    counters.add("haqei_edge_answers_total", 'path="prior"');
    expect(counters.print()).toBe(
      [
        "# HELP haqei_edge_answers_total Queries answered, by path.",
        "# TYPE haqei_edge_answers_total counter",
        'haqei_edge_answers_total{path="full"} 3',
        'haqei_edge_answers_total{path="prior"} 1',
        "",
      ].join("\n"),
    );
  });
});
