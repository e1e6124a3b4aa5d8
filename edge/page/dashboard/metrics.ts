/** A scrape of `/admin/metrics`: value by name and labels as they are written, such as `haqei_edge_answers_total{path="full"}`. */
export type Metrics = ReadonlyMap<string, number>;

/** Reads the Prometheus text format (version 0.0.4) as far as the edge writes it; lines it does not know are left out. */
export function parseMetrics(text: string): Metrics {
  const found = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, series, value] = /^(\w+(?:\{[^}]*\})?) (\S+)$/.exec(line) ?? [];
    if (series !== undefined && Number.isFinite(Number(value))) found.set(series, Number(value));
  }
  return found;
}

/** The values of one metric by one of its labels, those that share it added up. */
export function byLabel(metrics: Metrics, name: string, label: string): Map<string, number> {
  const found = new Map<string, number>();
  const wanted = new RegExp(`[{,]${label}="([^"]*)"`);
  for (const [series, value] of metrics) {
    const key = series.startsWith(`${name}{`) ? wanted.exec(series)?.[1] : undefined;
    if (key !== undefined) found.set(key, (found.get(key) ?? 0) + value);
  }
  return found;
}

export const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

/** What was counted between two scrapes. A counter that went back began again: what it shows was counted since. */
export function grown(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Map<string, number> {
  return new Map(
    [...after].map(([key, value]) => {
      const earlier = before.get(key) ?? 0;
      return [key, value < earlier ? value : value - earlier];
    }),
  );
}
