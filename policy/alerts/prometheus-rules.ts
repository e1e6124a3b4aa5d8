import type { AlertRule } from "#contracts/alert.ts";

/** What every metric of ours is called in Prometheus, so that it collides with nobody's. */
export const PROMETHEUS_PREFIX = "haqei_";

/** The name of the number of observations behind a metric. */
export const sampleSizeOf = (metric: string): string => `${metric}_n`;

/** A rule's conditions in PromQL: the same as `holds`, with too few observations left out. */
const expressionOf = (rule: AlertRule): string =>
  [rule, ...rule.also]
    .flatMap(({ metric, operator, threshold }) => [
      `${PROMETHEUS_PREFIX}${metric} ${operator} ${threshold}`,
      ...(rule.minimum_sample === 0 ? [] : [`${PROMETHEUS_PREFIX}${sampleSizeOf(metric)} >= ${rule.minimum_sample}`]),
    ])
    .join(" and ");

/** Rules as Prometheus reads them (a rule file, as the object that its YAML holds), a group a level. */
export function prometheusRules(rules: readonly AlertRule[], runbook: string): PrometheusRuleFile {
  const groups = [...new Set(rules.map(({ group }) => group))];
  return {
    groups: groups.map((group) => ({
      name: `haqei-${group}`,
      rules: rules
        .filter((rule) => rule.group === group)
        .map((rule) => ({
          alert: rule.name,
          expr: expressionOf(rule),
          for: rule.for,
          ...(rule.keep_firing_for === "0s" ? {} : { keep_firing_for: rule.keep_firing_for }),
          labels: { severity: group },
          annotations: {
            summary: rule.summary,
            actions: rule.actions.join(","),
            runbook_url: `${runbook}#${rule.name}`,
          },
        })),
    })),
  };
}

export interface PrometheusRuleFile {
  groups: {
    name: string;
    rules: {
      alert: string;
      expr: string;
      for: string;
      keep_firing_for?: string;
      labels: Record<string, string>;
      annotations: Record<string, string>;
    }[];
  }[];
}
