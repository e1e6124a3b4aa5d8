import { PROMETHEUS_PREFIX } from "#policy/alerts/prometheus-rules.ts";
import type { MetricDefinition } from "#policy/metrics.ts";

const TITLES: Readonly<Record<MetricDefinition["group"], string>> = {
  edge: "Edge",
  quality: "Quality",
  platform: "Cloudflare",
  business: "Business",
  batch: "Batch learning",
  deployment: "Deployment",
};

/** Grafana's names of our units. */
const UNITS: Readonly<Record<MetricDefinition["unit"], string>> = {
  ms: "ms",
  share: "percentunit",
  bytes: "bytes",
  megabytes: "decmbytes",
  count: "short",
  "per second": "ops",
  "per minute": "opm",
  seconds: "s",
  dollars: "currencyUSD",
};

const COLUMNS = 24;
const WIDTH = 6;
const HEIGHT = 7;

/** A Grafana dashboard: a row a group of specification 4.1, a panel a measure, its limit as a line and its definition as the help. */
export function dashboardOf(metrics: readonly MetricDefinition[]): object {
  const groups = [...new Set(metrics.map(({ group }) => group))];
  let top = 0;
  let id = 1;
  const panels = groups.flatMap((group) => {
    const row = {
      id: id++,
      type: "row",
      title: TITLES[group],
      collapsed: false,
      panels: [],
      gridPos: box(0, top, COLUMNS, 1),
    };
    top += 1;
    const members = metrics.filter((metric) => metric.group === group);
    const drawn = members.map((metric, index) => ({
      ...panelOf(metric),
      id: id++,
      gridPos: box((index * WIDTH) % COLUMNS, top + HEIGHT * Math.floor((index * WIDTH) / COLUMNS), WIDTH, HEIGHT),
    }));
    top += HEIGHT * Math.ceil((members.length * WIDTH) / COLUMNS);
    return [row, ...drawn];
  });
  return {
    uid: "haqei",
    title: "HAQEI",
    schemaVersion: 39,
    time: { from: "now-24h", to: "now" },
    refresh: "1m",
    editable: false,
    tags: ["haqei"],
    panels,
  };
}

const box = (x: number, y: number, w: number, h: number) => ({ x, y, w, h });

function panelOf({ name, unit, threshold, formula, window, source, minimum }: MetricDefinition) {
  const beyond = { color: "red", value: threshold?.value ?? null };
  const steps =
    threshold === undefined
      ? [{ color: "green", value: null }]
      : threshold.side === "below"
        ? [{ color: "green", value: null }, beyond]
        : [
            { color: "red", value: null },
            { ...beyond, color: "green" },
          ];
  return {
    type: "timeseries",
    title: name,
    description: `${formula}. Window: ${window}; from ${minimum} observations. In production: ${source.production}.`,
    datasource: { type: "prometheus", uid: "prometheus" },
    targets: [{ refId: "A", expr: PROMETHEUS_PREFIX + name, legendFormat: name }],
    fieldConfig: {
      defaults: {
        unit: UNITS[unit],
        thresholds: { mode: "absolute", steps },
        custom: { fillOpacity: 8, thresholdsStyle: { mode: threshold === undefined ? "off" : "dashed" } },
      },
      overrides: [],
    },
    options: { legend: { showLegend: false } },
  };
}
