import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments, stringify } from "yaml";
import { z } from "zod";
import { prometheusRules } from "#policy/alerts/prometheus-rules.ts";
import { ALERT_RULES } from "#policy/alerts/rules.ts";
import { METRICS } from "#policy/metrics.ts";
import { dashboardOf } from "./dashboard.ts";
import { ruleTests } from "./rule-tests.ts";
import { WorkerDeployment, workerDeploymentOf } from "./worker-deployment.ts";

/** Where an alert's page is read. */
const RUNBOOK = "OPERATIONS.md";

const base = (name: string): string => readFileSync(new URL(`kubernetes/base/${name}`, import.meta.url), "utf8");
const deployments = z
  .looseObject({ resources: z.array(z.string()) })
  .parse(parse(base("kustomization.yaml")))
  .resources.flatMap((name) => parseAllDocuments(base(name)))
  .flatMap((document) => WorkerDeployment.safeParse(document.toJS()).data ?? []);

/** Files of this folder that follow from the code, by their name. */
export const generated: Readonly<Record<string, string>> = {
  "prometheus/rules.yaml": `# Made by temporal-docker/generate.ts from policy/alerts/rules.ts.\n${stringify(prometheusRules(ALERT_RULES, RUNBOOK))}`,
  "prometheus/rules.test.yaml": `# Made by temporal-docker/generate.ts: promtool test rules rules.test.yaml.\n${stringify(ruleTests(ALERT_RULES, RUNBOOK), { aliasDuplicateObjects: false })}`,
  "kubernetes/worker-controller/workers.yaml": `# Made by temporal-docker/generate.ts from kubernetes/base.\n${stringify(workerDeploymentOf(deployments), { aliasDuplicateObjects: false })}`,
  "grafana/dashboards/haqei.json": `${JSON.stringify(dashboardOf(METRICS), null, 2)}\n`,
};

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [name, text] of Object.entries(generated)) writeFileSync(new URL(name, import.meta.url), text);
