import type { Dimension, Metric } from "#contracts/analytics.ts";
import type { Tally } from "./tally.ts";

/** Counters of one isolate, printed as Prometheus text. They begin again with the isolate, as counters may. */
const HELP = {
  haqei_edge_feedback_total: "Feedback events, by what became of them.",
  haqei_edge_loads_total: "Artefacts loaded into memory, by kind and outcome.",
} as const;

/** What is printed of the tally: a metric, and the dimensions that are its labels. */
const TALLIED: Record<string, { metric: Metric; labels: Record<string, Dimension>; help: string }> = {
  haqei_edge_requests_total: {
    metric: "requests",
    labels: { route: "route", status: "status" },
    help: "Requests answered, by route and status.",
  },
  haqei_edge_answers_total: { metric: "answers", labels: { path: "path" }, help: "Queries answered, by path." },
  haqei_edge_buckets_total: { metric: "answers", labels: { bucket: "bucket" }, help: "Queries answered, by bucket." },
  haqei_edge_abstained_total: {
    metric: "abstained",
    labels: { path: "path" },
    help: "Answers that said they do not know, by path.",
  },
  haqei_edge_cache_total: {
    metric: "cache_lookups",
    labels: { result: "cache" },
    help: "Look-ups of an answer that may be cached, by where it was found.",
  },
  haqei_edge_operations_total: {
    metric: "operations",
    labels: { path: "path" },
    help: "Operations spent on queries, by path; edge/budget.ts says how many a millisecond of CPU does.",
  },
  haqei_edge_fallbacks_total: {
    metric: "fallbacks",
    labels: { bucket: "bucket" },
    help: "Answers by keywords or prior.",
  },
  haqei_edge_timeouts_total: {
    metric: "timeouts",
    labels: {},
    help: "Queries that a model was not there in time for.",
  },
  haqei_edge_subrequests_total: { metric: "subrequests", labels: {}, help: "Calls of KV, D1 and R2." },
  haqei_edge_kv_milliseconds_total: { metric: "kv_ms", labels: {}, help: "Time waited for KV." },
  haqei_edge_d1_milliseconds_total: { metric: "d1_ms", labels: {}, help: "Time waited for D1." },
  haqei_edge_r2_milliseconds_total: { metric: "r2_ms", labels: {}, help: "Time waited for R2." },
  haqei_edge_d1_rows_read_total: { metric: "d1_rows_read", labels: {}, help: "Rows that D1 read." },
  haqei_edge_r2_bytes_total: { metric: "r2_bytes", labels: {}, help: "Bytes of objects that R2 gave." },
  haqei_edge_shadow_pairs_total: { metric: "shadow_pairs", labels: {}, help: "Queries that both models answered." },
  haqei_edge_shadow_disagreements_total: {
    metric: "shadow_disagreements",
    labels: {},
    help: "Queries whose first answers differed.",
  },
};

type CounterName = keyof typeof HELP;

export interface Counters {
  /** @param labels such as `kind="model"`; values come from this code, never from a request */
  add(name: CounterName, labels: string, by?: number): void;
  print(): string;
}

const series = (name: string, help: string, values: Iterable<[labels: string, value: number]>): string[] => {
  const lines = [...values].map(([labels, value]) => `${name}${labels === "" ? "" : `{${labels}}`} ${value}`);
  return lines.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} counter`, ...lines];
};

const escaped = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

export function createCounters(tally: Tally): Counters {
  const values = new Map<CounterName, Map<string, number>>();
  const tallied = ([name, { metric, labels, help }]: [string, (typeof TALLIED)[string]]) =>
    series(
      name,
      help,
      tally.since(metric, Object.values(labels)).map((group): [string, number] => [
        Object.entries(labels)
          .map(([label, dimension]) => `${label}="${escaped(group.labels[dimension])}"`)
          .join(","),
        group.value,
      ]),
    );
  return {
    add(name, labels, by = 1) {
      const counts = values.get(name) ?? new Map<string, number>();
      values.set(name, counts.set(labels, (counts.get(labels) ?? 0) + by));
    },
    print() {
      const own = [...values].flatMap(([name, counts]) => series(name, HELP[name], counts));
      return `${[...Object.entries(TALLIED).flatMap(tallied), ...own].join("\n")}\n`;
    },
  };
}
