import { describe, expect, it } from "vitest";
import { createCounters } from "./counters.ts";
import { createTally } from "./tally.ts";

describe("counters", () => {
  it("print as Prometheus text, each name described once", () => {
    const tally = createTally();
    const counters = createCounters(tally);
    tally.add({ path: "full", lang: "ja" }, { answers: 1 });
    tally.take();
    tally.add({ path: "full", lang: "en" }, { answers: 1 });
    tally.add({ path: "full", lang: "ja" }, { answers: 1 });
    tally.add({ path: 'pr"ior' }, { answers: 1 });
    counters.add("haqei_edge_loads_total", 'kind="model"', 2);
    expect(counters.print()).toBe(
      [
        "# HELP haqei_edge_answers_total Queries answered, by path.",
        "# TYPE haqei_edge_answers_total counter",
        'haqei_edge_answers_total{path="full"} 3',
        'haqei_edge_answers_total{path="pr\\"ior"} 1',
        "# HELP haqei_edge_loads_total Artefacts loaded into memory, by kind and outcome.",
        "# TYPE haqei_edge_loads_total counter",
        'haqei_edge_loads_total{kind="model"} 2',
        "",
      ].join("\n"),
    );
  });
});
