import type { AlertCondition, AlertRule } from "#contracts/alert.ts";
import { PROMETHEUS_PREFIX, prometheusRules, sampleSizeOf } from "#policy/alerts/prometheus-rules.ts";
import { hoursOf } from "#policy/duration.ts";

const minutesOf = (duration: string): number => Math.ceil(hoursOf(duration) * 60);

/** A value that meets a condition, or one that does not. */
const valueFor = ({ operator, threshold }: AlertCondition, met: boolean): number => {
  if (operator === "==") return met ? threshold : threshold + 1;
  return threshold + ((operator === ">") === met ? 0.5 : -0.5);
};

/** Each rule as promtool's unit tests (`promtool test rules`): quiet while all is well or too little is known, firing once its `for` is over. */
export function ruleTests(rules: readonly AlertRule[], runbook: string) {
  const labelled = new Map(
    prometheusRules(rules, runbook).groups.flatMap((group) => group.rules.map((rule) => [rule.alert, rule] as const)),
  );
  return {
    rule_files: ["rules.yaml"],
    evaluation_interval: "1m",
    tests: rules.flatMap((rule) => {
      const lasts = minutesOf(rule.for);
      const series = (met: boolean, n: number) =>
        [rule, ...rule.also].flatMap((condition) => [
          { series: `${PROMETHEUS_PREFIX}${condition.metric}`, values: `${valueFor(condition, met)}x${lasts + 2}` },
          { series: `${PROMETHEUS_PREFIX}${sampleSizeOf(condition.metric)}`, values: `${n}x${lasts + 2}` },
        ]);
      const test = (name: string, met: boolean, n: number, fires: boolean) => {
        const { labels, annotations } = labelled.get(rule.name) ?? {};
        return {
          name: `${rule.name}: ${name}`,
          interval: "1m",
          input_series: series(met, n),
          alert_rule_test: [
            ...(fires && lasts > 0 ? [{ eval_time: `${lasts - 1}m`, alertname: rule.name, exp_alerts: [] }] : []),
            {
              eval_time: `${lasts + 1}m`,
              alertname: rule.name,
              exp_alerts: fires ? [{ exp_labels: labels, exp_annotations: annotations }] : [],
            },
          ],
        };
      };
      return [
        test("fires", true, rule.minimum_sample, true),
        test("is quiet while all is well", false, rule.minimum_sample, false),
        ...(rule.minimum_sample > 0 ? [test("is quiet on too little", true, rule.minimum_sample - 1, false)] : []),
      ];
    }),
  };
}
