import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Samples } from "#contracts/alert.ts";
import { PROMETHEUS_PREFIX } from "#policy/alerts/prometheus-rules.ts";
import { METRICS } from "#policy/metrics.ts";

const DEFINED = new Map(METRICS.map((metric) => [metric.name, metric]));
/** The one item with several values: its quantiles come as samples of their own. */
const QUANTILES = {
  name: "workers_cpu_quantiles",
  of: { "0.5": "workers_cpu_p50", "0.95": "workers_cpu_p95", "0.99": "workers_cpu_p99" },
};

/** What an item is, beside its name: formula, window, least observations and source, as `policy/metrics.ts` says. */
function helpOf(name: string): string {
  const metric = DEFINED.get(name);
  if (!metric) return "Looked at by an alert rule (policy/alerts/rules.ts).";
  const { formula, window, minimum, unit, source } = metric;
  return `${formula}. Unit: ${unit}. Window: ${window}; from ${minimum} observations. Source here: ${source.laptop}; in production: ${source.production}.`;
}

/**
 * Samples as Prometheus text: `haqei_<name>`, and `haqei_<name>_n` for how many observations it rests on. A value on fewer than its
 * definition wants is not told, only its `n`.
 */
export async function samplesText(samples: Samples): Promise<string> {
  const registers = [new Registry()];
  for (const [name, { value, n }] of Object.entries(samples)) {
    const full = PROMETHEUS_PREFIX + name;
    new Gauge({ name: `${full}_n`, help: `Observations behind ${full}.`, registers }).set(n);
    if (n < (DEFINED.get(name)?.minimum ?? 0) || Object.values(QUANTILES.of).includes(name)) continue;
    const help = helpOf(name);
    if (name !== QUANTILES.name) {
      new Gauge({ name: full, help, registers }).set(value);
      continue;
    }
    const quantiles = new Gauge({ name: full, help, labelNames: ["quantile"], registers });
    for (const [quantile, sample] of Object.entries(QUANTILES.of))
      quantiles.set({ quantile }, samples[sample]?.value ?? Number.NaN);
  }
  return (registers[0] as Registry).metrics();
}

/** CPU, memory, handles and event loop of this process, as Prometheus text. */
export function processMetrics(): () => Promise<string> {
  const register = new Registry();
  collectDefaultMetrics({ register, prefix: `${PROMETHEUS_PREFIX}worker_` });
  return () => register.metrics();
}

/**
 * One text of several sources, for one scrape: what does not answer is told by `haqei_source_up` and fails nothing else. No secret is
 * needed to read it, since the worker asks the edge.
 */
export async function scrapeText(sources: Readonly<Record<string, () => Promise<string>>>): Promise<string> {
  const register = new Registry();
  const up = new Gauge({
    name: `${PROMETHEUS_PREFIX}source_up`,
    help: "Whether a source of these figures answered.",
    labelNames: ["source"],
    registers: [register],
  });
  const texts = await Promise.all(
    Object.entries(sources).map(async ([source, read]) => {
      try {
        const text = await read();
        up.set({ source }, 1);
        return text;
      } catch {
        up.set({ source }, 0);
        return "";
      }
    }),
  );
  return [...texts, await register.metrics()].filter((text) => text !== "").join("\n");
}
