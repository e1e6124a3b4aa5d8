/** Counters of one isolate, printed as Prometheus text. They begin again with the isolate, as counters may. */
const HELP = {
  haqei_edge_requests_total: "Requests answered, by route and status.",
  haqei_edge_answers_total: "Queries answered, by path.",
  haqei_edge_buckets_total: "Queries answered, by bucket.",
  haqei_edge_abstained_total: "Answers that said they do not know, by path.",
  haqei_edge_cache_total: "Look-ups of an answer that may be cached, by where it was found.",
  haqei_edge_operations_total:
    "Operations spent on queries, by path; edge/budget.ts says how many a millisecond of CPU does.",
  haqei_edge_feedback_total: "Feedback events, by what became of them.",
  haqei_edge_loads_total: "Artefacts loaded into memory, by kind and outcome.",
} as const;

type CounterName = keyof typeof HELP;

export interface Counters {
  /** @param labels such as `path="full"`; values come from this code, never from a request */
  add(name: CounterName, labels: string, by?: number): void;
  print(): string;
}

export function createCounters(): Counters {
  const values = new Map<CounterName, Map<string, number>>();
  return {
    add(name, labels, by = 1) {
      const series = values.get(name) ?? new Map<string, number>();
      values.set(name, series.set(labels, (series.get(labels) ?? 0) + by));
    },
    print() {
      const lines = [...values].flatMap(([name, series]) => [
        `# HELP ${name} ${HELP[name]}`,
        `# TYPE ${name} counter`,
        ...[...series].map(([labels, value]) => `${name}{${labels}} ${value}`),
      ]);
      return `${lines.join("\n")}\n`;
    },
  };
}
