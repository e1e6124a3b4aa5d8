import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { AlertRule, AlertState, Samples } from "#contracts/alert.ts";
import { evaluate, inactive } from "#policy/alerts/evaluate.ts";
import { PROMETHEUS_PREFIX, prometheusRules, sampleSizeOf } from "#policy/alerts/prometheus-rules.ts";
import { ALERT_RULES } from "#policy/alerts/rules.ts";
import { randomOf } from "#simulation/random.ts";

const installed = spawnSync("promtool", ["--version"]).status === 0;
if (!installed) console.warn("skipped: promtool is not installed (Debian: apt-get install prometheus)");

const SERIES = 10_000;
const LOOKS = 60;
/** Looks that promtool is asked about; it evaluates all. */
const ASKED_EVERY = 4;
const MINUTE = 60_000;

const metricsOf = (rule: AlertRule): string[] => [rule.metric, ...rule.also.map(({ metric }) => metric)];

/** A walk that stays around the rule's limits, with gaps, and with too few observations now and then. */
const looksOf = (rule: AlertRule, random: () => number): Samples[] => {
  const limit = new Map([rule, ...rule.also].map(({ metric, threshold }) => [metric, threshold]));
  const persistence = 1 - random() ** 3;
  let above = random() < 0.5;
  return Array.from({ length: LOOKS }, () => {
    if (random() > persistence) above = random() < 0.5;
    return Object.fromEntries(
      metricsOf(rule).flatMap((metric) => {
        if (random() < 0.03) return [];
        const at = limit.get(metric) ?? 0;
        const exactly = random() < 0.3;
        const value = exactly ? at : above ? at + 0.5 : at - 0.5;
        return [
          [metric, { value, n: random() < 0.05 ? Math.max(0, rule.minimum_sample - 1) : rule.minimum_sample + 10 }],
        ];
      }),
    );
  });
};

/** A gap is written `stale`: after `_` Prometheus would look back five minutes for a value. */
const written = (looks: readonly Samples[], metric: string, of: "value" | "n"): string =>
  looks.map((samples) => samples[metric]?.[of] ?? "stale").join(" ");

describe.skipIf(!installed)("the rules in Prometheus", () => {
  it(`fire at the same looks as here, on ${SERIES.toLocaleString("en-US")} random series`, { timeout: 600_000 }, () => {
    const { next } = randomOf("alert rules");
    const folder = mkdtempSync(join(tmpdir(), "haqei-promtool-"));
    try {
      const each = Math.ceil(SERIES / ALERT_RULES.length);
      let fired = 0;
      writeFileSync(join(folder, "rules.yaml"), stringify(prometheusRules(ALERT_RULES, "OPERATIONS.md")));
      const tests = ALERT_RULES.map((rule) => {
        const series: { series: string; values: string }[] = [];
        const firing: string[][] = Array.from({ length: LOOKS }, () => []);
        for (let k = 0; k < each; k++) {
          const looks = looksOf(rule, next);
          for (const metric of new Set(metricsOf(rule)))
            series.push(
              { series: `${PROMETHEUS_PREFIX}${metric}{k="${k}"}`, values: written(looks, metric, "value") },
              { series: `${PROMETHEUS_PREFIX}${sampleSizeOf(metric)}{k="${k}"}`, values: written(looks, metric, "n") },
            );
          let state: AlertState = inactive(rule);
          for (const [at, samples] of looks.entries()) {
            state = evaluate(rule, state, samples, at * MINUTE);
            if (state.state === "firing") firing[at]?.push(String(k));
          }
        }
        fired += firing.flat().length;
        const annotations = prometheusRules([rule], "OPERATIONS.md").groups[0]?.rules[0]?.annotations;
        return {
          interval: "1m",
          input_series: series,
          alert_rule_test: firing.flatMap((names, at) =>
            at % ASKED_EVERY === 0
              ? {
                  eval_time: `${at}m`,
                  alertname: rule.name,
                  exp_alerts: names.map((k) => ({
                    exp_labels: { severity: rule.group, k },
                    exp_annotations: annotations,
                  })),
                }
              : [],
          ),
        };
      });
      // A test in which nothing ever fires would agree with anything.
      expect(fired).toBeGreaterThan(SERIES);
      writeFileSync(
        join(folder, "tests.yaml"),
        // JSON is YAML as well, and quicker to write.
        JSON.stringify({ rule_files: ["rules.yaml"], evaluation_interval: "1m", tests }),
      );
      const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", "tests.yaml"], {
        cwd: folder,
        encoding: "utf8",
        maxBuffer: 1 << 28,
      });
      expect(`${stdout}${stderr}`.slice(0, 3000)).toMatch(/SUCCESS/);
      expect(status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("are valid, expression by expression", () => {
    const folder = mkdtempSync(join(tmpdir(), "haqei-promtool-"));
    const file = join(folder, "rules.yaml");
    writeFileSync(file, stringify(prometheusRules(ALERT_RULES, "OPERATIONS.md")));
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "rules", file], { encoding: "utf8" });
    rmSync(folder, { recursive: true });
    expect(`${stdout}${stderr}`).toMatch(`SUCCESS: ${ALERT_RULES.length} rules found`);
    expect(status).toBe(0);
  });
});
